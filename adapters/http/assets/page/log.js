// The loaded messages of the open room. They are the newest ones, without a gap.

/** With more messages than this, the older ones are dropped. */
const MAX_MESSAGES = 500;
/** Messages per request while reading back to the first unread one. */
const PAGE_SIZE = 100;

export class Log {
  /** Whether there are earlier messages. */
  earlier = false;
  #messages = new Map();
  #client;
  #apply;
  /** Events that wait until the requested messages are there. */
  #buffered = null;

  /** `apply(kind, data)` is called for each event, when its turn has come. */
  constructor(client, apply) {
    this.#client = client;
    this.#apply = apply;
  }

  get reading() {
    return this.#buffered !== null;
  }

  /** The number of the oldest message; `undefined` without any. */
  get oldest() {
    return this.sorted()[0]?.seq;
  }

  sorted() {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  /** Reads the newest messages, or those before a number. Returns an error if that fails. */
  async read(before, limit) {
    const buffered = (this.#buffered = []);
    let failure;
    const page = await this.#client.history({ before, limit }).catch((error) => void (failure = error));
    // Another request or another room is current now.
    if (buffered !== this.#buffered) return undefined;
    this.#buffered = null;
    if (page) {
      if (before === undefined) this.#messages.clear();
      for (const message of page.results) this.put(message);
      this.earlier = page.next_before_seq !== null;
    }
    for (const [kind, data] of buffered) this.#apply(kind, data);
    return failure;
  }

  /** Reads earlier messages until there is one up to `seq`, or very many. */
  async readBackTo(seq) {
    while (this.earlier && this.oldest > seq && this.#messages.size < MAX_MESSAGES) {
      const { oldest } = this;
      await this.read(oldest, PAGE_SIZE);
      // It failed, or there is another room now.
      if (this.oldest === oldest) return;
    }
  }

  /** Loaded messages may be older or newer than an event, so events wait until they are there. */
  receive(kind, data) {
    if (this.#buffered) this.#buffered.push([kind, data]);
    else this.#apply(kind, data);
  }

  /** Adds or replaces a message; returns whether it is new. */
  put(message) {
    const isNew = !this.#messages.has(message.id);
    this.#messages.set(message.id, message);
    return isNew;
  }

  edit(id, change) {
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, change(message));
  }

  remove(ids) {
    for (const id of ids) this.#messages.delete(id);
  }

  clear() {
    this.#messages.clear();
    this.#buffered = null;
    this.earlier = false;
  }

  /** Drops old messages if there are too many. They can be loaded again. */
  dropOldest() {
    if (this.reading || this.#messages.size <= MAX_MESSAGES) return;
    this.remove(this.sorted().slice(0, -MAX_MESSAGES / 2).map(({ id }) => id));
    this.earlier = true;
  }
}
