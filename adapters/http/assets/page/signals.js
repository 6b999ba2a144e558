// Who is typing in the open room, when brands were last online, and how far users have read.

/** The service shortens the list by itself, but its frame may not come. */
const TYPING_MS = 7000;

export class Signals {
  /** The ids of the others who are typing. */
  typing = [];
  /** When brands were last online, by id. Unknown if they were away from the start. */
  lastSeen = new Map();

  #self;
  #changed;
  #readBy = new Map();
  #timer;

  /** `self` is the person's own user id. `changed` is called when typing changes. */
  constructor(self, changed) {
    this.#self = self;
    this.#changed = changed;
  }

  /** Whether another user has read up to `seq`. */
  isRead(seq) {
    return [...this.#readBy].some(([user, position]) => user !== this.#self && position >= seq);
  }

  setPositions(positions) {
    this.#readBy = new Map(positions.map(({ user_id: user, seq }) => [user, seq]));
  }

  moved(user, seq) {
    this.#readBy.set(user, seq);
  }

  setTyping(users) {
    clearTimeout(this.#timer);
    this.typing = users.filter((user) => user !== this.#self);
    if (this.typing.length > 0) this.#timer = setTimeout(() => this.setTyping([]), TYPING_MS);
    this.#changed();
  }

  /** Another room is open, or none. */
  clear() {
    this.#readBy.clear();
    this.setTyping([]);
  }
}
