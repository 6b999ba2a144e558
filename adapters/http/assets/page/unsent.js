// What a person has written and not sent: drafts, and messages without a successful response.
// It is in the browser's storage, by user and room, so that it survives a reload.

const PREFIX = "aftermatch";
/** A message whose sending was interrupted is sent again by itself for so many milliseconds. */
const RETRY_MS = 60 * 60 * 1000;

const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");

/** Storage can be full, forbidden, or changed by hand: then only this visit remembers. */
const storage = {
  keys: (prefix) => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) ?? [],
  get: (key) => attempt(() => JSON.parse(localStorage.getItem(key))),
  set: (key, value) => attempt(() => localStorage.setItem(key, JSON.stringify(value))),
  remove: (key) => attempt(() => localStorage.removeItem(key)),
};

function attempt(run) {
  try {
    return run();
  } catch {
    return undefined;
  }
}

export class Unsent {
  /** The unsent text in each room. */
  #drafts = new Map();
  /** Messages, oldest first. Each has its own entry, so that two tabs keep theirs. */
  #messages = [];
  #user;
  #changed;

  /** `changed` is called after every change, with the event that it is. */
  constructor(user, changed) {
    this.#user = user;
    this.#changed = changed;
    for (const key of storage.keys(this.#key("draft"))) {
      const text = storage.get(key);
      if (typeof text === "string") this.#drafts.set(Number(key.split("/").at(-1)), text);
    }
    for (const key of storage.keys(this.#key("unsent"))) {
      const message = storage.get(key);
      if (typeof message?.text === "string" && message.key) this.#messages.push(this.#interrupted(message));
    }
    this.#messages.sort((one, other) => one.created_at.localeCompare(other.created_at));
  }

  draft(room) {
    return this.#drafts.get(room) ?? "";
  }

  setDraft(room, text) {
    const key = this.#key("draft", room);
    if (text) this.#drafts.set(room, text);
    else this.#drafts.delete(room);
    if (text) storage.set(key, text);
    else storage.remove(key);
    this.#changed("unsent");
  }

  /** The last message of a room that could not be sent. */
  lastFailed(room) {
    return this.of(room).findLast(({ state }) => state === "failed");
  }

  of(room) {
    return this.#messages.filter((message) => message.room === room);
  }

  /** Messages of a room that the last visit to this page was still sending. */
  interruptedIn(room) {
    return this.of(room).filter(({ interrupted }) => interrupted);
  }

  add(room, text) {
    const message = { key: newId(), room, text, user: { id: this.#user }, created_at: new Date().toISOString() };
    this.#messages.push(message);
    return message;
  }

  /** Changes a message; returns it, or `undefined` if it was discarded. */
  update(key, more) {
    const nth = this.#messages.findIndex((message) => message.key === key);
    if (nth < 0) return undefined;
    const message = (this.#messages[nth] = { ...this.#messages[nth], interrupted: undefined, ...more });
    const { status, code, errors, message: sentence } = message.error ?? {};
    storage.set(this.#key("unsent", key), { ...message, error: message.error && { status, code, errors, message: sentence } });
    this.#changed("messages");
    return message;
  }

  discard(key) {
    const nth = this.#messages.findIndex((message) => message.key === key);
    if (nth < 0) return;
    this.#messages.splice(nth, 1);
    storage.remove(this.#key("unsent", key));
    this.#changed("messages");
  }

  #key(...parts) {
    return [PREFIX, this.#user, ...parts, ""].slice(0, parts.length > 1 ? -1 : undefined).join("/");
  }

  #interrupted(message) {
    if (message.state !== "sending") return message;
    const recent = Date.now() - Date.parse(message.created_at) < RETRY_MS;
    return { ...message, state: "failed", error: { code: "interrupted" }, interrupted: recent };
  }
}
