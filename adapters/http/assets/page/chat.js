// The state of one person: the rooms, and the messages of the open one.

import { Aftermatch } from "/page/aftermatch.js";
import { RoomList, whole } from "./roomlist.js";
import { Signals } from "./signals.js";

/** With more messages than this, the older ones are dropped. */
const MAX_MESSAGES = 500;
/** At least so many milliseconds are between two read positions. */
const MARK_MS = 300;

/** Messages per request while reading back to the first unread one. */
const PAGE_SIZE = 100;

const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");

/**
 * Emits the events `rooms`, `room` (another room is open, or none), `messages`, `signals` (who is
 * typing or online in the open room), `connection`, `problem` (with an error, or an object with
 * `message`) and `frame`.
 */
export class Chat extends EventTarget {
  /** The open room. */
  room = null;
  /** Whether its messages are being loaded. */
  loading = false;
  /** Whether there are earlier messages. */
  earlier = false;
  connection = { state: "connecting" };
  /** Messages of others after this number are new to this person; `null` if there are none. */
  newAfter = null;
  /** Whether the newest messages are in view. Set by the view. */
  watched = false;
  #allSeen = true;
  /** Whether there ever was a connection. */
  connected = false;
  /** The unsent text in each room. */
  drafts = new Map();

  #person;
  #client;
  #list;
  #signals;
  #messages = new Map();
  /** Messages written here without a successful response. */
  #outgoing = [];
  /** Events that wait until the requested messages are there. */
  #buffered = null;
  /** The current visit to a room. Results of earlier ones are ignored. */
  #visit;
  /** How far this person has seen the open room, and how far the service knows. */
  #seen = 0;
  #marked = 0;
  #marking = false;
  #closing = new AbortController();

  constructor(person) {
    super();
    this.#person = person;
    const { token, admin } = person;
    this.#client = new Aftermatch({ token, admin, maxDelay: 5000, heartbeat: 20_000 });
    this.#list = new RoomList(this.#client, () => this.#emit("rooms"));
    this.#signals = new Signals(person.id, () => this.#emit("signals"));
    const on = (type, listener) => this.#client.addEventListener(type, ({ detail }) => listener(detail));
    for (const kind of ["message", "edit", "delete"]) on(kind, (change) => this.#receive(kind, change.data));
    on("reset", () => (this.#read(), this.#loadRooms()));
    on("rejoined", (joined) => this.#joined(joined));
    on("refresh", () => this.#loadRooms());
    on("room_closed", (closed) => this.#roomClosed(closed));
    on("roomchanged", (change) => this.#roomChanged(change));
    on("roomadded", (room) => this.#list.add(room));
    on("roomremoved", ({ room_pk: gone }) => this.#list.remove(gone));
    on("typing", (typing) => this.#typingChanged(typing));
    on("presence", (brand) => this.#presenceChanged(brand));
    on("read", (position) => this.#readMoved(position));
    on("state", (state) => this.#connectionChanged(state));
    on("frame", (frame) => this.#emit("frame", frame));
    this.#follow();
  }

  /** First, so that nothing is missed between the list and the first event. */
  async #follow() {
    const everything = { rooms: true, typing: true, presence: true, readPositions: true };
    await this.#client.follow(everything).catch(() => {});
    await this.#loadRooms();
  }

  /** The listed rooms, newest message first. */
  get rooms() {
    return this.#list.rooms;
  }

  /** Whether there are more rooms. */
  get more() {
    return this.#list.more;
  }

  /** The ids of the others who are typing in the open room. */
  get typing() {
    return this.#signals.typing;
  }

  /** When a brand was last online, if that is known. */
  lastSeen(brand) {
    return this.#signals.lastSeen.get(brand);
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

  /** The code of the reason why this person may not write in the open room; `null` if they may. */
  get readOnly() {
    const { frozen, pen, has_business: business } = this.room;
    if (frozen) return "room_frozen";
    if (!this.#person.admin || pen === "always") return null;
    if (pen === "never") return "admins_cannot_write";
    return business ? null : "business_required";
  }

  /** Whether this person may write in the open room. */
  get canWrite() {
    return this.readOnly === null;
  }

  isMine(message) {
    return message.user.id === this.#person.id;
  }

  /** Whether another user has read the message. */
  isRead({ seq }) {
    return this.#signals.isRead(seq);
  }

  /** Shows the others that this person is typing. May be called for every letter. */
  type() {
    this.#client.typing();
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
      this.#joined(joined);
      await this.#read();
      await this.#readUnread(visit);
      if (visit !== this.#visit) return;
      this.loading = false;
      this.#emit("messages");
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
    this.newAfter = null;
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

  /** Must be called with the number of the last message that is in view; without it, if all are. */
  async markSeen(upTo) {
    const pk = this.room?.pk;
    if (this.loading || this.#client.room !== pk) return;
    this.#allSeen ||= upTo === undefined;
    upTo ??= this.#client.seq;
    this.#seen = Math.max(this.#seen, upTo);
    if (this.#marking || this.#seen <= this.#marked || !this.#list.find(pk)?.unread) return;
    const seq = this.#seen;
    this.#marking = true;
    try {
      await this.#client.markRead(seq);
      if (pk === this.room?.pk) this.#marked = seq;
      this.#list.update(pk, (entry) => ({ unread: this.#unreadAfter(seq, entry), read_seq: seq }));
      // Others in the same window may write and read much at once.
      await new Promise((resolve) => setTimeout(resolve, MARK_MS));
    } catch {
      // It stays unread and is marked later.
      return;
    } finally {
      this.#marking = false;
    }
    if (pk === this.room?.pk && this.#seen > seq) this.markSeen(this.#seen);
  }

  /** How many messages of a room are unread if it is read up to `seq`. */
  #unreadAfter(seq, { pk, last_seq: last, unread }) {
    if (last <= seq) return 0;
    if (pk !== this.room?.pk) return unread;
    return [...this.#messages.values()].filter((message) => message.seq > seq && !this.isMine(message)).length;
  }

  moreRooms() {
    return this.#list.loadMore();
  }

  close() {
    this.#closing.abort();
    this.#client.close();
  }

  #connectionChanged(state) {
    this.connection = state;
    this.connected ||= state.state === "open";
    this.#emit("connection");
    this.#signals.setTyping([]);
  }

  /** The client has joined the open room, for the first time or again. */
  #joined({ read_positions: positions = [], ...joined }) {
    if (joined.pk !== this.room?.pk) return;
    this.room = { ...this.room, ...whole(joined) };
    this.#signals.setPositions(positions);
    this.#list.update(joined.pk, () => ({ online: joined.online }));
    this.#emit("signals");
    this.#emit("messages");
  }

  #roomChanged({ room_pk: pk, room, read_positions: _, ...state }) {
    this.#list.update(pk, () => ({ ...state, ...(room && whole(room)) }));
    if (!room || pk !== this.room?.pk) return;
    Object.assign(this.room, whole(room), state.online && { online: state.online });
    this.#emit("signals");
    this.#emit("messages");
  }

  #typingChanged({ room_pk: pk, user_ids: users }) {
    if (pk !== this.room?.pk) return;
    this.#signals.setTyping(users);
  }

  #presenceChanged({ brand_id: brand, online, last_seen: seen }) {
    if (seen) this.#signals.lastSeen.set(brand, seen);
    const change = (room) => {
      if (!room.participants.some(({ id }) => id === brand)) return;
      const others = (room.online ?? []).filter((id) => id !== brand);
      room.online = online ? [...others, brand] : others;
    };
    if (this.room) change(this.room);
    this.#list.change((rooms) => rooms.forEach(change));
    this.#emit("signals");
  }

  #readMoved({ room_pk: pk, user_id: user, seq }) {
    // Another device of this person.
    if (user === this.#person.id) this.#list.update(pk, (entry) => ({ unread: this.#unreadAfter(seq, entry) }));
    if (pk !== this.room?.pk) return;
    this.#signals.moved(user, seq);
    this.#emit("messages");
  }

  #enter(room) {
    this.room = room;
    this.#messages.clear();
    this.#buffered = null;
    this.loading = room !== null;
    this.earlier = false;
    const { unread, read_seq: position } = (room && this.#list.find(room.pk)) ?? {};
    this.newAfter = unread ? (position ?? null) : null;
    this.#allSeen = this.newAfter === null;
    this.#seen = this.#marked = position ?? 0;
    this.#emit("room");
    this.#signals.clear();
  }

  #exit() {
    this.#visit = undefined;
    this.#enter(null);
  }

  #roomClosed({ room_pk: pk, reason }) {
    if (pk !== this.room?.pk) return;
    this.#exit();
    this.#emit("problem", { code: reason, message: reason });
    this.#loadRooms();
  }

  /** Reads back to the first unread message, unless there are very many. */
  async #readUnread(visit) {
    const oldest = () => Math.min(...Array.from(this.#messages.values(), ({ seq }) => seq));
    let before;
    while (visit === this.#visit && this.newAfter !== null && this.earlier && oldest() > this.newAfter + 1) {
      if (before === oldest() || this.#messages.size >= MAX_MESSAGES) return;
      before = oldest();
      await this.#read(before, PAGE_SIZE);
    }
  }

  /** Reads the newest messages, or those before a number. */
  async #read(before, limit) {
    const buffered = (this.#buffered = []);
    let failure;
    const page = await this.#client.history({ before, limit }).catch((error) => void (failure = error));
    // Another request or another room is current now.
    if (buffered !== this.#buffered) return;
    this.#buffered = null;
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
    if (room) Object.assign(this.room, whole(room));
    const unread = isNew && !this.isMine(message) ? 1 : 0;
    if (unread && !this.watched && this.#allSeen) {
      this.newAfter = message.seq - 1;
      this.#allSeen = false;
    }
    this.#list.update(this.room.pk, (entry) => {
      if (message.seq <= entry.last_seq) return false;
      // Administrators have no unread counts: NaN stays NaN.
      return { last_message: message, last_seq: message.seq, unread: entry.unread + unread };
    });
  }

  #edited({ message_id: id, message_text: text, seq }) {
    const edited = (message) => ({ ...message, text, edited_at: new Date().toISOString() });
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, edited(message));
    this.#list.update(this.room.pk, ({ last_seq: before, last_message: last }) => ({
      last_seq: Math.max(before, seq),
      last_message: last?.id === id ? edited(last) : last,
    }));
  }

  #removed({ messages_ids: ids }) {
    for (const id of ids) this.#messages.delete(id);
    // Only the service knows which message is the last now.
    this.#loadRooms();
  }

  async #loadRooms() {
    const loaded = await this.#list.load();
    const open = loaded && this.room && this.#list.find(this.room.pk);
    if (!open || ["has_business", "frozen", "pen"].every((key) => open[key] === this.room[key])) return;
    this.room = { ...this.room, ...whole(open) };
    this.#emit("messages");
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
