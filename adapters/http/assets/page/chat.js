// What one person sees, as data: the rooms, and the conversation in the open one.

import { Aftermatch } from "/page/aftermatch.js";

/** Rooms are asked for in portions. */
const PORTION = 100;
/** Of more messages than this, the older half is not kept here. */
const MOST = 500;
/** At least so long, in milliseconds, from one look at the rooms to the next. */
const LOOK = 4000;

const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");

/**
 * Tells of what changed by the events `rooms`, `room` (another is open, or none), `messages`,
 * `connection`, `problem` (with an error, or a sentence) and `frame`.
 */
export class Chat extends EventTarget {
  /** As listed, the one with the newest message first. */
  rooms = [];
  /** Whether there are rooms that are not listed. */
  more = false;
  /** The open room. */
  room = null;
  /** Whether its messages are still on the way. */
  loading = false;
  /** Whether there are messages before those that are here. */
  earlier = false;
  connection = { state: "connecting" };
  /** Whether it ever came about. */
  connected = false;
  /** What was begun to be written in each room. */
  drafts = new Map();

  #person;
  #client;
  #portions = 1;
  #messages = new Map();
  /** Written here, and not yet known to be kept. */
  #outgoing = [];
  /** Changes that wait until the messages that are being read are there. */
  #held = null;
  /** One stay in a room; what an earlier one still brings is not heard. */
  #visit;
  #marking = false;
  #timer;
  #closing = new AbortController();

  constructor(person) {
    super();
    this.#person = person;
    const { token, admin } = person;
    this.#client = new Aftermatch({ token, admin, maxDelay: 5000, heartbeat: 20_000 });
    const on = (type, listener) => this.#client.addEventListener(type, ({ detail }) => listener(detail));
    for (const kind of ["message", "edit", "delete"]) on(kind, (change) => this.#heard(kind, change.data));
    on("reset", () => this.#read());
    on("room_closed", (closed) => this.#thrownOut(closed));
    on("state", (state) => this.#connected(state));
    on("frame", (frame) => this.#tell("frame", frame));
    this.#look();
  }

  /** The messages of the open room, those on their way behind the others. */
  get messages() {
    const kept = [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
    return [...kept, ...this.#outgoing.filter(({ room }) => room === this.room.pk)];
  }

  /** Aborted when this is closed. */
  get gone() {
    return this.#closing.signal;
  }

  /** How many messages of others, in all rooms, were not read. */
  get unread() {
    return this.rooms.reduce((sum, { unread }) => sum + (unread || 0), 0);
  }

  /** Whether this person may write in the open room. */
  get writes() {
    return !this.#person.admin || this.room.has_business;
  }

  isMine(message) {
    return message.user.id === this.#person.id;
  }

  /** Whether this person may delete the message. */
  deletes(message) {
    return message.id !== undefined && this.writes && (this.#person.admin || this.isMine(message));
  }

  async open(room) {
    if (this.room?.pk === room.pk) return;
    const visit = (this.#visit = {});
    this.#enter(room);
    try {
      const joined = await this.#client.join(room.pk);
      if (visit !== this.#visit) return;
      this.room = { ...room, ...joined };
      await this.#read();
    } catch (error) {
      if (visit === this.#visit) this.#exit();
      this.#tell("problem", error);
    }
  }

  /** Opens a room that is not listed here. */
  async find(pk) {
    const [room] = (await this.#attempt(this.#client.list({ limit: 1, afterPk: pk - 1 }))) ?? [];
    if (room?.pk === pk && !this.room) await this.open(room);
  }

  async leave() {
    this.#exit();
    await this.#attempt(this.#client.leave());
  }

  send(text) {
    const message = { key: newId(), room: this.room.pk, text, user: { id: this.#person.id } };
    this.#outgoing.push({ ...message, created_at: new Date().toISOString() });
    return this.deliver(message.key);
  }

  /** Sends what has not been kept, once however often it is tried. */
  async deliver(key) {
    const state = (more) => {
      const nth = this.#outgoing.findIndex((message) => message.key === key);
      if (nth >= 0) this.#outgoing[nth] = { ...this.#outgoing[nth], ...more };
      this.#tell("messages");
      return this.#outgoing[nth];
    };
    const { text, room } = state({ state: "sending", error: undefined });
    try {
      const kept = await this.#client.send(text, { clientMsgId: key });
      if (this.room?.pk === room) this.#put(kept);
      this.discard(key);
    } catch (error) {
      state({ state: "failed", error });
      // Where it can be seen, it shows so itself.
      if (this.room?.pk !== room) this.#tell("problem", Object.assign(error, { unsent: text }));
    }
  }

  /** Gives up what could not be sent. */
  discard(key) {
    this.#outgoing = this.#outgoing.filter((message) => message.key !== key);
    this.#tell("messages");
  }

  /** Changes a message; gives whether it was done. */
  async edit(id, text) {
    return Boolean(await this.#attempt(this.#client.edit(id, text)));
  }

  /** Deletes messages; gives how many were not deleted. */
  async remove(ids) {
    const deleted = await this.#attempt(this.#client.delete(ids));
    return deleted ? ids.length - deleted.messages_ids.length : 0;
  }

  async readEarlier() {
    const numbers = Array.from(this.#messages.values(), ({ seq }) => seq);
    if (numbers.length > 0 && !this.#held) await this.#read(Math.min(...numbers));
  }

  /** Forgets old messages where there are too many; they can be read again. */
  forgetOldest() {
    if (this.#held || this.#messages.size <= MOST) return;
    const oldest = [...this.#messages.values()].sort((one, other) => one.seq - other.seq).slice(0, -MOST / 2);
    for (const { id } of oldest) this.#messages.delete(id);
    this.earlier = true;
  }

  /** To be called when the newest messages are being seen. */
  async seen() {
    const pk = this.room?.pk;
    const { seq, room } = this.#client;
    const unread = this.rooms.find((entry) => entry.pk === pk)?.unread;
    if (!unread || this.loading || this.#marking || room !== pk) return;
    this.#marking = true;
    try {
      await this.#client.markRead(seq);
      this.#relist(pk, (entry) => entry.last_seq <= seq && { unread: 0 });
    } catch {
      // It stays unread, and is marked another time.
    }
    this.#marking = false;
  }

  moreRooms() {
    this.#portions += 1;
    return this.#list();
  }

  close() {
    clearTimeout(this.#timer);
    this.#closing.abort();
    this.#client.close();
  }

  #connected(state) {
    this.connection = state;
    this.connected ||= state.state === "open";
    this.#tell("connection");
    if (state.state === "open") this.#list();
  }

  #enter(room) {
    this.room = room;
    this.#messages.clear();
    this.#held = null;
    this.loading = room !== null;
    this.earlier = false;
    this.#tell("room");
  }

  #exit() {
    this.#visit = undefined;
    this.#enter(null);
  }

  #thrownOut({ room_pk: pk, reason }) {
    if (pk !== this.room?.pk) return;
    this.#exit();
    this.#tell("problem", { code: reason, message: reason });
    this.#list();
  }

  /** Reads the newest messages, or those before a number. */
  async #read(before) {
    const held = (this.#held = []);
    let failure;
    const page = await this.#client.history({ before }).catch((error) => void (failure = error));
    // Another reading, or another room, counts now.
    if (held !== this.#held) return;
    this.#held = null;
    this.loading = false;
    if (page) {
      if (before === undefined) this.#messages.clear();
      for (const message of page.results) this.#messages.set(message.id, message);
      this.earlier = page.next_before_seq !== null;
    }
    for (const [kind, data] of held) this.#change(kind, data);
    this.#tell("messages");
    if (failure) this.#tell("problem", failure);
  }

  /** What was read may be older or newer than a change heard meanwhile: those are made behind it. */
  #heard(kind, data) {
    const room = data.room?.pk ?? data.room_id;
    if (room !== this.room?.pk) return;
    if (this.#held) this.#held.push([kind, data]);
    else this.#change(kind, data);
  }

  #change(kind, data) {
    if (kind === "message") this.#put(data);
    if (kind === "edit") this.#edited(data);
    if (kind === "delete") this.#removed(data);
    this.#tell("messages");
  }

  #put({ room, ...message }) {
    const isNew = !this.#messages.has(message.id);
    this.#messages.set(message.id, message);
    this.#outgoing = this.#outgoing.filter(({ key }) => key !== message.client_msg_id);
    if (room) Object.assign(this.room, { has_business: room.has_business, participants: room.participants });
    const unread = isNew && !this.isMine(message) ? 1 : 0;
    this.#relist(this.room.pk, (entry) => {
      if (message.seq <= entry.last_seq) return false;
      // For an administrator nothing is counted: it stays no number.
      return { last_message: message, last_seq: message.seq, unread: entry.unread + unread };
    });
  }

  #edited({ message_id: id, message_text: text, seq }) {
    const edited = (message) => ({ ...message, text, edited_at: new Date().toISOString() });
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, edited(message));
    this.#relist(this.room.pk, ({ last_message: last }) => ({
      last_seq: seq,
      last_message: last?.id === id ? edited(last) : last,
    }));
  }

  #removed({ messages_ids: ids }) {
    for (const id of ids) this.#messages.delete(id);
    // Which one is the last now only the service knows.
    this.#list();
  }

  /** Changes an entry of the list by what `change` gives, if anything. */
  #relist(pk, change) {
    const nth = this.rooms.findIndex((room) => room.pk === pk);
    const more = nth >= 0 && change(this.rooms[nth]);
    if (!more) return;
    this.rooms[nth] = { ...this.rooms[nth], ...more };
    this.#sort();
  }

  async #list() {
    const rooms = [];
    let portion;
    try {
      for (let nth = 0; nth < this.#portions; nth += 1) {
        portion = await this.#client.list({ limit: PORTION, afterPk: rooms.at(-1)?.pk });
        rooms.push(...portion);
        if (portion.length < PORTION) break;
      }
    } catch {
      return;
    }
    this.more = portion.length === PORTION;
    this.rooms = rooms;
    const open = rooms.find(({ pk }) => pk === this.room?.pk);
    if (open && open.has_business !== this.room.has_business) {
      this.room = { ...this.room, ...open };
      this.#tell("messages");
    }
    this.#sort();
  }

  #sort() {
    const last = ({ last_message: message }) => message?.created_at ?? "";
    this.rooms.sort((one, other) => last(other).localeCompare(last(one)) || one.pk - other.pk);
    this.#tell("rooms");
  }

  /** What happens in rooms that are not open has to be asked for. */
  #look() {
    const pause = Math.max(LOOK, this.rooms.length * 100);
    this.#timer = setTimeout(async () => {
      if (this.connection.state === "open" && !document.hidden) await this.#list();
      if (this.connection.state !== "closed") this.#look();
    }, pause);
  }

  /** What came of a request; a refusal is told as a problem. */
  async #attempt(request) {
    try {
      return await request;
    } catch (error) {
      this.#tell("problem", error);
      return undefined;
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
