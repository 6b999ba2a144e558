// The state of one person: the rooms, and the messages of the open one.

import { Aftermatch } from "/page/aftermatch.js";

/** Rooms per request. */
const PAGE_SIZE = 100;
/** With more messages than this, the older ones are dropped. */
const MAX_MESSAGES = 500;
/** The shortest time between two requests for the rooms, in milliseconds. */
const POLL_MS = 4000;

const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");

/**
 * Emits the events `rooms`, `room` (another room is open, or none), `messages`, `connection`,
 * `problem` (with an error, or an object with `message`) and `frame`.
 */
export class Chat extends EventTarget {
  /** The listed rooms, newest message first. */
  rooms = [];
  /** Whether there are more rooms. */
  more = false;
  /** The open room. */
  room = null;
  /** Whether its messages are being loaded. */
  loading = false;
  /** Whether there are earlier messages. */
  earlier = false;
  connection = { state: "connecting" };
  /** Whether there ever was a connection. */
  connected = false;
  /** The unsent text in each room. */
  drafts = new Map();

  #person;
  #client;
  #pages = 1;
  #messages = new Map();
  /** Messages written here without a successful response. */
  #outgoing = [];
  /** Events that wait until the requested messages are there. */
  #buffered = null;
  /** The current visit to a room. Results of earlier ones are ignored. */
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
    for (const kind of ["message", "edit", "delete"]) on(kind, (change) => this.#receive(kind, change.data));
    on("reset", () => (this.#read(), this.#list()));
    on("room_closed", (closed) => this.#roomClosed(closed));
    on("state", (state) => this.#connectionChanged(state));
    on("frame", (frame) => this.#emit("frame", frame));
    this.#poll();
  }

  /** The messages of the open room, unsent ones last. */
  get messages() {
    const stored = [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
    return [...stored, ...this.#outgoing.filter(({ room }) => room === this.room.pk)];
  }

  /** Aborted when this chat is closed. */
  get closed() {
    return this.#closing.signal;
  }

  /** The number of unread messages in all rooms. */
  get unread() {
    return this.rooms.reduce((sum, { unread }) => sum + (unread || 0), 0);
  }

  /** Whether this person may write in the open room. */
  get canWrite() {
    return !this.#person.admin || this.room.has_business;
  }

  isMine(message) {
    return message.user.id === this.#person.id;
  }

  /** Whether this person may delete the message. */
  canDelete(message) {
    return message.id !== undefined && this.canWrite && (this.#person.admin || this.isMine(message));
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
      this.#emit("problem", error);
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

  /** Sends an unsent message. Trying again never creates a second one. */
  async deliver(key) {
    const state = (more) => {
      const nth = this.#outgoing.findIndex((message) => message.key === key);
      if (nth >= 0) this.#outgoing[nth] = { ...this.#outgoing[nth], ...more };
      this.#emit("messages");
      return this.#outgoing[nth];
    };
    const { text, room } = state({ state: "sending", error: undefined });
    try {
      const created = await this.#client.send(text, { clientMsgId: key });
      if (this.room?.pk === room) this.#put(created);
      this.discard(key);
    } catch (error) {
      state({ state: "failed", error });
      // In the open room the message itself shows the error.
      if (this.room?.pk !== room) this.#emit("problem", Object.assign(error, { unsent: text }));
    }
  }

  /** Removes an unsent message. */
  discard(key) {
    this.#outgoing = this.#outgoing.filter((message) => message.key !== key);
    this.#emit("messages");
  }

  /** Edits a message; returns whether it was done. */
  async edit(id, text) {
    return Boolean(await this.#attempt(this.#client.edit(id, text)));
  }

  /** Deletes messages; returns how many were not deleted. */
  async remove(ids) {
    const deleted = await this.#attempt(this.#client.delete(ids));
    return deleted ? ids.length - deleted.messages_ids.length : 0;
  }

  async readEarlier() {
    const numbers = Array.from(this.#messages.values(), ({ seq }) => seq);
    if (numbers.length > 0 && !this.#buffered) await this.#read(Math.min(...numbers));
  }

  /** Drops old messages if there are too many. They can be loaded again. */
  dropOldest() {
    if (this.#buffered || this.#messages.size <= MAX_MESSAGES) return;
    const oldest = [...this.#messages.values()].sort((one, other) => one.seq - other.seq).slice(0, -MAX_MESSAGES / 2);
    for (const { id } of oldest) this.#messages.delete(id);
    this.earlier = true;
  }

  /** Must be called when the newest messages are visible. */
  async markSeen() {
    const pk = this.room?.pk;
    const { seq, room } = this.#client;
    const unread = this.rooms.find((entry) => entry.pk === pk)?.unread;
    if (!unread || this.loading || this.#marking || room !== pk) return;
    this.#marking = true;
    try {
      await this.#client.markRead(seq);
      this.#updateRoom(pk, (entry) => entry.last_seq <= seq && { unread: 0 });
    } catch {
      // It stays unread and is marked later.
    }
    this.#marking = false;
  }

  moreRooms() {
    this.#pages += 1;
    return this.#list();
  }

  close() {
    clearTimeout(this.#timer);
    this.#closing.abort();
    this.#client.close();
  }

  #connectionChanged(state) {
    this.connection = state;
    this.connected ||= state.state === "open";
    this.#emit("connection");
    if (state.state === "open") this.#list();
  }

  #enter(room) {
    this.room = room;
    this.#messages.clear();
    this.#buffered = null;
    this.loading = room !== null;
    this.earlier = false;
    this.#emit("room");
  }

  #exit() {
    this.#visit = undefined;
    this.#enter(null);
  }

  #roomClosed({ room_pk: pk, reason }) {
    if (pk !== this.room?.pk) return;
    this.#exit();
    this.#emit("problem", { code: reason, message: reason });
    this.#list();
  }

  /** Reads the newest messages, or those before a number. */
  async #read(before) {
    const buffered = (this.#buffered = []);
    let failure;
    const page = await this.#client.history({ before }).catch((error) => void (failure = error));
    // Another request or another room is current now.
    if (buffered !== this.#buffered) return;
    this.#buffered = null;
    this.loading = false;
    if (page) {
      if (before === undefined) this.#messages.clear();
      for (const message of page.results) this.#messages.set(message.id, message);
      this.earlier = page.next_before_seq !== null;
    }
    for (const [kind, data] of buffered) this.#change(kind, data);
    this.#emit("messages");
    if (failure) this.#emit("problem", failure);
  }

  /** Loaded messages may be older or newer than an event, so events wait until they are there. */
  #receive(kind, data) {
    const room = data.room?.pk ?? data.room_id;
    if (room !== this.room?.pk) return;
    if (this.#buffered) this.#buffered.push([kind, data]);
    else this.#change(kind, data);
  }

  #change(kind, data) {
    if (kind === "message") this.#put(data);
    if (kind === "edit") this.#edited(data);
    if (kind === "delete") this.#removed(data);
    this.#emit("messages");
  }

  #put({ room, ...message }) {
    const isNew = !this.#messages.has(message.id);
    this.#messages.set(message.id, message);
    this.#outgoing = this.#outgoing.filter(({ key }) => key !== message.client_msg_id);
    if (room) Object.assign(this.room, { has_business: room.has_business, participants: room.participants });
    const unread = isNew && !this.isMine(message) ? 1 : 0;
    this.#updateRoom(this.room.pk, (entry) => {
      if (message.seq <= entry.last_seq) return false;
      // Administrators have no unread counts: NaN stays NaN.
      return { last_message: message, last_seq: message.seq, unread: entry.unread + unread };
    });
  }

  #edited({ message_id: id, message_text: text, seq }) {
    const edited = (message) => ({ ...message, text, edited_at: new Date().toISOString() });
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, edited(message));
    this.#updateRoom(this.room.pk, ({ last_message: last }) => ({
      last_seq: seq,
      last_message: last?.id === id ? edited(last) : last,
    }));
  }

  #removed({ messages_ids: ids }) {
    for (const id of ids) this.#messages.delete(id);
    // Only the service knows which message is the last now.
    this.#list();
  }

  /** Merges the result of `change` into a listed room, if there is one. */
  #updateRoom(pk, change) {
    const nth = this.rooms.findIndex((room) => room.pk === pk);
    const more = nth >= 0 && change(this.rooms[nth]);
    if (!more) return;
    this.rooms[nth] = { ...this.rooms[nth], ...more };
    this.#sort();
  }

  async #list() {
    const rooms = [];
    let page;
    try {
      for (let nth = 0; nth < this.#pages; nth += 1) {
        page = await this.#client.list({ limit: PAGE_SIZE, afterPk: rooms.at(-1)?.pk });
        rooms.push(...page);
        if (page.length < PAGE_SIZE) break;
      }
    } catch {
      return;
    }
    this.more = page.length === PAGE_SIZE;
    this.rooms = rooms;
    const open = rooms.find(({ pk }) => pk === this.room?.pk);
    if (open && open.has_business !== this.room.has_business) {
      this.room = { ...this.room, ...open };
      this.#emit("messages");
    }
    this.#sort();
  }

  #sort() {
    const last = ({ last_message: message }) => message?.created_at ?? "";
    this.rooms.sort((one, other) => last(other).localeCompare(last(one)) || one.pk - other.pk);
    this.#emit("rooms");
  }

  /** The service sends no events of other rooms, so the list is requested regularly. */
  #poll() {
    const pause = Math.max(POLL_MS, this.rooms.length * 100);
    this.#timer = setTimeout(async () => {
      if (this.connection.state === "open" && !document.hidden) await this.#list();
      if (this.connection.state !== "closed") this.#poll();
    }, pause);
  }

  /** The result of a request. A refusal becomes a problem. */
  async #attempt(request) {
    try {
      return await request;
    } catch (error) {
      this.#emit("problem", error);
      return undefined;
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
