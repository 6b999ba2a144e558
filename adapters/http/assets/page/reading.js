// How far a person has seen the open room, and which messages are new there.

/** At least so many milliseconds are between two read positions that are sent. */
const MARK_MS = 300;

export class Reading {
  /** Messages of others after this number are new; `null` if there are none. */
  newAfter = null;
  /** Whether the newest messages are in view. Set by the view. */
  watched = false;

  #mark;
  #room;
  #allSeen = true;
  #seen = 0;
  #marked = 0;
  #marking = false;

  /** `mark(pk, seq)` sends a read position, and returns whether there was a need. */
  constructor(mark) {
    this.#mark = mark;
  }

  /** Another room is open, or none. `listed` is the room in the list. */
  enter(pk, { unread, read_seq: position } = {}) {
    this.#room = pk;
    this.newAfter = unread ? (position ?? null) : null;
    this.#allSeen = this.newAfter === null;
    this.#seen = this.#marked = position ?? 0;
  }

  /** A message of another has come. Returns whether it is out of view. */
  arrived(seq) {
    if (this.watched) return false;
    if (this.#allSeen) this.newAfter = seq - 1;
    this.#allSeen = false;
    return true;
  }

  /** This person has seen the room up to `seq`, which can be all of it. */
  async see(seq, all) {
    this.#allSeen ||= all;
    this.#seen = Math.max(this.#seen, seq);
    const room = this.#room;
    while (!this.#marking && room === this.#room && this.#seen > this.#marked) {
      const upTo = this.#seen;
      this.#marking = true;
      try {
        if (!(await this.#mark(room, upTo))) return;
        if (room === this.#room) this.#marked = upTo;
        await new Promise((resolve) => setTimeout(resolve, MARK_MS));
      } catch {
        // It stays unread and is marked later.
        return;
      } finally {
        this.#marking = false;
      }
    }
  }
}
