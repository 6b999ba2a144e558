// The listed rooms of one person, newest message first.

/** Rooms per request. */
const PAGE_SIZE = 100;

/** A room with all of its keys: one that it comes without has its default again. */
export const whole = (room) => ({ frozen: undefined, kind: undefined, pen: undefined, ...room });

/** The code of the reason why a person may not write in a room; `null` if they may. */
export function readOnly({ frozen, pen, has_business: business }, { admin }) {
  if (frozen) return "room_frozen";
  if (!admin || pen === "always") return null;
  if (pen === "never") return "admins_cannot_write";
  return business ? null : "business_required";
}

/** A brand of a room has come or gone. */
export function setOnline(room, brand, online) {
  if (!room.participants.some(({ id }) => id === brand)) return;
  const others = (room.online ?? []).filter((id) => id !== brand);
  room.online = online ? [...others, brand] : others;
}

export class RoomList {
  rooms = [];
  /** Whether there are more rooms. */
  more = false;

  #client;
  #changed;
  /** Whether the rooms are there. */
  #listed = false;
  #pages = 1;
  /** The changes since each unfinished request for the rooms. */
  #listings = new Set();

  /** `changed` is called after every change. */
  constructor(client, changed) {
    this.#client = client;
    this.#changed = changed;
  }

  find(pk) {
    return this.rooms.find((room) => room.pk === pk);
  }

  add(room) {
    this.change((rooms) => rooms.some(({ pk }) => pk === room.pk) || rooms.push(room));
  }

  remove(gone) {
    this.change((rooms) => {
      const nth = rooms.findIndex(({ pk }) => pk === gone);
      if (nth >= 0) rooms.splice(nth, 1);
    });
  }

  /** Merges the result of `change` into a listed room, if there is one. */
  update(pk, change) {
    this.change((rooms) => {
      const nth = rooms.findIndex((room) => room.pk === pk);
      const more = nth >= 0 && change(rooms[nth]);
      if (more) rooms[nth] = { ...rooms[nth], ...more };
    });
  }

  /** What changes while the rooms are being requested is changed again in the response. */
  change(change) {
    for (const changes of this.#listings) changes.push(change);
    change(this.rooms);
    if (this.#listed) this.#sort();
  }

  loadMore() {
    this.#pages += 1;
    return this.load();
  }

  /** Returns whether the rooms came. */
  async load() {
    const rooms = [];
    const changes = [];
    let page;
    this.#listings.add(changes);
    try {
      for (let nth = 0; nth < this.#pages; nth += 1) {
        page = await this.#client.list({ limit: PAGE_SIZE, afterPk: rooms.at(-1)?.pk });
        rooms.push(...page);
        if (page.length < PAGE_SIZE) break;
      }
    } catch {
      return false;
    } finally {
      this.#listings.delete(changes);
    }
    for (const change of changes) change(rooms);
    this.more = page.length === PAGE_SIZE;
    this.rooms = rooms;
    this.#listed = true;
    this.#sort();
    return true;
  }

  #sort() {
    const last = ({ last_message: message }) => message?.created_at ?? "";
    this.rooms.sort((one, other) => last(other).localeCompare(last(one)) || one.pk - other.pk);
    this.#changed();
  }
}
