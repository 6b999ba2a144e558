// The state of one person: the rooms, and the messages of the open one.

import { Aftermatch } from "/page/aftermatch.js";
import { Log } from "./log.js";
import { Reading } from "./reading.js";
import { readOnly, RoomList, setOnline, whole } from "./roomlist.js";
import { Signals } from "./signals.js";
import { Unsent } from "./unsent.js";

/**
 * Emits the events `rooms`, `room` (another room is open, or none), `messages`, `unsent` (a draft),
 * `signals` (who is typing or online in the open room), `arrived` (a message that is not in view),
 * `connection`, `problem` (with an error, or an object with `message`) and `frame`.
 */
export class Chat extends EventTarget {
  /** The open room. */
  room = null;
  /** Whether its messages are being loaded. */
  loading = false;
  connection = { state: "connecting" };
  /** The longest text that the service takes, in characters, if it says so. */
  maxText = Infinity;
  /** Whether there ever was a connection. */
  connected = false;
  /** Drafts, and messages that are not sent. */
  unsent;

  #person;
  #client;
  #list;
  #signals;
  #log;
  #reading = new Reading((pk, seq) => this.#mark(pk, seq));
  /** The current visit to a room. Results of earlier ones are ignored. */
  #visit;
  #closing = new AbortController();

  constructor(person) {
    super();
    this.#person = person;
    const { token, admin } = person;
    this.#client = new Aftermatch({ token, admin, maxDelay: 5000, heartbeat: 20_000 });
    this.#list = new RoomList(this.#client, () => this.#emit("rooms"));
    this.unsent = new Unsent(person.id, (event) => this.#emit(event));
    this.#log = new Log(this.#client, (kind, data) => this.#change(kind, data));
    this.#signals = new Signals(person.id, () => this.#emit("signals"));
    const on = (type, listener) => this.#client.addEventListener(type, ({ detail }) => listener(detail));
    for (const kind of ["message", "edit", "delete"]) on(kind, (change) => this.#receive(kind, change.data));
    on("reset", () => (this.#read(), this.#loadRooms()));
    on("rejoined", (joined) => this.#joined(joined));
    on("refresh", (followed) => (this.#limited(followed), this.#loadRooms()));
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
    await this.#client.follow(everything).then((followed) => this.#limited(followed), () => {});
    await this.#loadRooms();
  }

  #limited({ limits }) {
    this.maxText = limits?.text_chars ?? Infinity;
    this.#emit("unsent");
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
    return [...this.#log.sorted(), ...this.unsent.of(this.room.pk)];
  }

  /** Whether there are earlier messages. */
  get earlier() {
    return this.#log.earlier;
  }

  /** Messages of others after this number are new to this person; `null` if there are none. */
  get newAfter() {
    return this.#reading.newAfter;
  }

  /** Whether the newest messages are in view. */
  set watched(watched) {
    this.#reading.watched = watched;
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
    return readOnly(this.room, this.#person);
  }

  get canWrite() {
    return this.readOnly === null;
  }

  /** A user of the open room, as the messages show it. */
  author(user) {
    return this.messages.find((message) => message.user.id === user && message.id !== undefined)?.user;
  }

  isMine(message) {
    return message.user.id === this.#person.id;
  }

  /** Whether another user has read the message. */
  isRead = ({ seq }) => this.#signals.isRead(seq);

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
      // Back to the first unread message, unless there are very many.
      if (visit === this.#visit && this.newAfter !== null) await this.#log.readBackTo(this.newAfter + 1);
      if (visit !== this.#visit) return;
      this.loading = false;
      this.#forgetSent();
      this.#emit("messages");
      for (const { key } of this.unsent.interruptedIn(room.pk)) this.deliver(key);
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
    this.#reading.newAfter = null;
    return this.deliver(this.unsent.add(this.room.pk, text).key);
  }

  /** Sends an unsent message. Trying again never creates a second one. */
  async deliver(key) {
    const { text, room } = this.unsent.update(key, { state: "sending", error: undefined });
    try {
      const created = await this.#client.send(text, { clientMsgId: key });
      if (this.room?.pk === room) this.#put(created);
      this.unsent.discard(key);
    } catch (error) {
      this.unsent.update(key, { state: "failed", error });
      // In the open room the message itself shows the error.
      if (this.room?.pk !== room) this.#emit("problem", Object.assign(error, { unsent: text }));
    }
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
    if (this.#log.oldest !== undefined && !this.#log.reading) await this.#read(this.#log.oldest);
  }

  /** Drops old messages if there are too many. They can be loaded again. */
  dropOldest() {
    this.#log.dropOldest();
  }

  /** Must be called with the number of the last message that is in view; without it, if all are. */
  markSeen(seq) {
    if (this.loading || this.#client.room !== this.room?.pk) return;
    this.#reading.see(seq ?? this.#client.seq, seq === undefined);
  }

  async #mark(pk, seq) {
    if (!this.#list.find(pk)?.unread) return false;
    await this.#client.markRead(seq);
    this.#list.update(pk, (entry) => ({ unread: this.#unreadAfter(seq, entry), read_seq: seq }));
    return true;
  }

  /** How many messages of a room are unread if it is read up to `seq`. */
  #unreadAfter(seq, { pk, last_seq: last, unread }) {
    if (last <= seq) return 0;
    if (pk !== this.room?.pk) return unread;
    return this.#log.sorted().filter((message) => message.seq > seq && !this.isMine(message)).length;
  }

  moreRooms = () => this.#list.loadMore();

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
    const before = this.#list.find(pk);
    this.#list.update(pk, () => ({ ...state, ...(room && whole(room)) }));
    const { last_message: message } = state;
    const isNew = before && message?.seq > before.last_seq && !this.isMine(message);
    if (isNew) this.#emit("arrived", { room: { ...before, ...room }, message });
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
    if (this.room) setOnline(this.room, brand, online);
    this.#list.change((rooms) => rooms.forEach((room) => setOnline(room, brand, online)));
    this.#emit("signals");
  }

  #readMoved({ room_pk: pk, user_id: user, seq }) {
    // Another device of this person.
    if (user === this.#person.id) this.#list.update(pk, (entry) => ({ unread: this.#unreadAfter(seq, entry), read_seq: seq }));
    if (pk !== this.room?.pk) return;
    this.#signals.moved(user, seq);
    this.#emit("messages");
  }

  #enter(room) {
    this.room = room;
    this.#log.clear();
    this.loading = room !== null;
    this.#reading.enter(room?.pk, this.#list.find(room?.pk));
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

  async #read(before) {
    const failure = await this.#log.read(before);
    this.#forgetSent();
    this.#emit("messages");
    if (failure) this.#emit("problem", failure);
  }

  /** A message is in the log although its response did not come. */
  #forgetSent() {
    for (const message of this.#log.sorted()) if (this.isMine(message)) this.unsent.discard(message.client_msg_id);
  }

  #receive(kind, data) {
    const room = data.room?.pk ?? data.room_id;
    if (room === this.room?.pk) this.#log.receive(kind, data);
  }

  #change(kind, data) {
    if (kind === "message") this.#put(data);
    if (kind === "edit") this.#edited(data);
    if (kind === "delete") this.#removed(data);
    this.#emit("messages");
  }

  #put({ room, ...message }) {
    const isNew = this.#log.put(message);
    if (this.isMine(message)) this.unsent.discard(message.client_msg_id);
    if (room) Object.assign(this.room, whole(room));
    const unread = isNew && !this.isMine(message) ? 1 : 0;
    if (unread && this.#reading.arrived(message.seq)) this.#emit("arrived", { room: this.room, message });
    this.#list.update(this.room.pk, (entry) => {
      if (message.seq <= entry.last_seq) return false;
      // Administrators have no unread counts: NaN stays NaN.
      return { last_message: message, last_seq: message.seq, unread: entry.unread + unread };
    });
  }

  #edited({ message_id: id, message_text: text, seq }) {
    const edited = (message) => ({ ...message, text, edited_at: new Date().toISOString() });
    this.#log.edit(id, edited);
    this.#list.update(this.room.pk, ({ last_seq: before, last_message: last }) => ({
      last_seq: Math.max(before, seq),
      last_message: last?.id === id ? edited(last) : last,
    }));
  }

  #removed({ messages_ids: ids }) {
    this.#log.remove(ids);
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
