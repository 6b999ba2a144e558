// Client of the Aftermatch chat service. API: aftermatch.d.ts

import { Connection } from "./lib/connection.js";
import { Emitter } from "./lib/emitter.js";
import { AftermatchError } from "./lib/error.js";
import { parse, stringify } from "./lib/json.js";
import { Lane } from "./lib/lane.js";
import { checked, userOf } from "./lib/options.js";
import { randomId, reasonOf } from "./lib/surroundings.js";

export { AftermatchError };

const EVENTS = { create_message: "message", edit_message: "edit", delete_messages: "delete" };

/** What comes to those who follow. */
const FOLLOWED = {
  room_changed: "roomchanged", room_added: "roomadded", room_removed: "roomremoved",
  typing: "typing", presence: "presence", read: "read",
};

/** Calls that are not for a room. */
const ROOMLESS = ["list", "follow", "renew"];

/** After these reasons the client joins the room again. */
const REJOIN = ["restarted", "behind"];

const NAMES = 1000; // client message ids are remembered
const PORTION = 100; // rooms in one response: of a long one, nobody sees that it is on its way
const TYPING_MS = 3000; // the service passes on no more

export class Aftermatch extends Emitter {
  #timeout;
  #connection;
  #room = null;
  #seq = 0;
  /** The log in which `#seq` counts, as the service calls it. */
  #epoch = null;
  /** Whether messages come without their room. */
  #lean;
  /** Whether this connection is in the room. */
  #joined = false;
  /** What this client follows, as it was requested, and whether this connection does. */
  #followed;
  #following = false;
  /** When it was last sent that this user is typing. */
  #typedAt = -Infinity;
  /** The calls for the joined room with those that join and leave rooms, and all others. */
  #rooms = new Lane();
  #others = new Lane();
  /** The newest calls that join and leave rooms. */
  #moves = [];
  /** The one call that waits for its response. */
  #sending;
  #calls = 0;
  /** The room that cannot answer now, with the call that it refused and the error. */
  #failing;
  /** The user's id, if the token or a response contained it. */
  #user;
  /** The actions of the requests on this connection whose events may come, by id. */
  #sent = new Map();
  /** The newest client message ids. */
  #names = new Set();

  constructor(options) {
    super();
    const all = checked(options);
    this.#timeout = all.timeout;
    this.#connection = new Connection(all, {
      emit: (type, detail) => this.#emit(type, detail),
      probe: () => this.#probe(),
      opening: (token) => (this.#user = userOf(token) ?? this.#user),
      opened: () => this.#sendNext(),
      received: (text) => this.#receive(text),
      lost: (code, reason) => this.#lost(code, reason),
      ended: (error) => this.#ended(error),
    });
  }

  get state() { return this.#connection.state; }
  get room() { return this.#room; }
  get seq() { return this.#seq; }
  get epoch() { return this.#epoch; }

  async list({ limit, afterPk, ...options } = {}) {
    const rooms = [];
    const most = limit ?? Infinity;
    for (let left = most; ; left = most - rooms.length) {
      const params = { limit: left > PORTION ? PORTION : left, after_pk: afterPk };
      const { data, next_after_pk: next = null } = await this.#request("list", params, options);
      rooms.push(...data);
      afterPk = next;
      if (next === null || rooms.length >= most) return Object.assign(rooms, { next_after_pk: next });
    }
  }
  follow({ rooms, typing, presence, readPositions, ...options } = {}) {
    return this.#call("follow", { rooms, typing, presence, read_positions: readPositions }, options);
  }
  renew(token, options) { return this.#call("renew", { token }, options); }
  join(room, { sinceSeq, epoch, lean, ...options } = {}) {
    return this.#call("join_room", { room_pk: room, since_seq: sinceSeq, epoch, lean }, options, room);
  }
  leave(options) { return this.#call("leave_room", {}, options, null); }
  send(text, { clientMsgId, attachments, ...options } = {}) {
    const message = { msg_text: text, client_msg_id: clientMsgId, attachments };
    return this.#call("create_message", message, options);
  }
  edit(id, text, options) {
    return this.#call("edit_message", { msg_id: id, edited_msg_text: text }, options);
  }
  delete(ids, { reason, ...options } = {}) {
    return this.#call("delete_messages", { msg_id_list: [ids].flat(), reason }, options);
  }
  history({ before, after, limit, ...options } = {}) {
    return this.#call("get_room_messages", { before_seq: before, after_seq: after, limit }, options);
  }
  search(text, { beforeSeq, limit, ...options } = {}) {
    return this.#call("search_messages", { text, before_seq: beforeSeq, limit }, options);
  }
  messageHistory(id, { beforeSeq, limit, ...options } = {}) {
    return this.#call("get_message_history", { msg_id: id, before_seq: beforeSeq, limit }, options);
  }
  audit({ beforeSeq, limit, ...options } = {}) {
    return this.#call("get_audit", { before_seq: beforeSeq, limit }, options);
  }
  markRead(seq, { private: hidden, ...options } = {}) {
    return this.#call("mark_read", { seq, private: hidden }, options);
  }
  typing() {
    const now = performance.now();
    // It is worth no waiting: the next letter comes soon.
    const busy = this.state !== "open" || this.#sending || this.#rooms.paused || !this.#joined;
    if (busy || now - this.#typedAt < TYPING_MS) return;
    this.#typedAt = now;
    this.#call("typing", {}, { fleeting: true }).catch(() => {});
  }
  roomInfo(options) { return this.#call("current_room_info", {}, options); }
  wake() { this.#connection.wake(); }
  close() { this.#connection.end(1000, "closed"); }

  /** Resolves with the data of the response. */
  #call(...call) { return this.#request(...call).then(dataOf); }

  /** Resolves with the whole response. A call that is `fleeting` is not repeated. */
  #request(action, params, options = {}, moveTo) {
    let signal, abort;
    // One promise, and not those of an async function: thousands may wait.
    const result = new Promise((resolve, reject) => {
      ({ signal } = options);
      if (signal?.aborted) throw reasonOf(signal);
      if (this.state === "closed") throw this.#connection.closedBy;
      this.#add(action, params, options, moveTo, resolve, reject);
      if (signal) signal.addEventListener("abort", (abort = () => reject(reasonOf(signal))));
    });
    return abort ? result.finally(() => signal.removeEventListener("abort", abort)) : result;
  }

  #add(action, params, { signal, fleeting }, moveTo, resolve, reject) {
    if (action === "create_message") this.#names.add((params.client_msg_id ??= randomId()));
    if (this.#names.size > NAMES) this.#names.delete(this.#names.values().next().value);
    const lane = ROOMLESS.includes(action) ? this.#others : this.#rooms;
    const call = { ...written(action, params), signal, fleeting, moveTo, lane, order: this.#calls++, resolve, reject };
    // The room that the calls before lead to.
    const move = this.#moves.findLast(isAhead);
    if (moveTo !== undefined) this.#moves = [...this.#moves.filter(isAhead), call];
    else if (lane === this.#rooms) call.room = move ? move.moveTo : this.#room;
    lane.push(call);
    this.#makeWay();
    this.#sendNext();
  }

  #sendNext() {
    if (this.#sending || this.state !== "open") return;
    const [one, other] = [this.#nextForRoom(), this.#nextOther()];
    const call = one && !(other?.order < one.order) ? one : other;
    if (!call) return;
    if (!call.own) call.lane.take();
    this.#sending = call;
    call.id = randomId();
    this.#sent.set(call.id, call.action);
    // It may be the response that takes longer, so it gets more time at each attempt.
    this.#connection.awaitAnswer(this.#timeout * 2 ** Math.min(call.late, 5), () => (call.late += 1));
    const text = `${call.text.slice(0, -1)},"request_id":"${call.id}"}`;
    this.#connection.send(text);
    this.#emit("frame", { direction: "out", text });
  }

  #nextOther() {
    if (this.#others.paused) return undefined;
    return this.#followed && !this.#following ? this.#followAgain() : this.#others.first;
  }

  #nextForRoom() {
    if (this.#rooms.paused) return undefined;
    for (let call; (call = this.#rooms.first); this.#rooms.take()) {
      const leaves = call.moveTo === null && this.#away;
      const moves = call.moveTo !== undefined && !leaves;
      if (moves && this.#failing?.room == this.#room) return call;
      // One of them may be a BigInt.
      if (moves || (call.room == this.#room && !leaves)) return this.#away ? this.#rejoin() : call;
      // A call is never sent into another room.
      if (leaves) this.#succeeded(call, { data: { response: `left room ${this.#room}` } });
      else this.#refused(call, new AftermatchError(400, "not_in_room", [`room ${call.room} is not joined`]));
    }
    return this.#away ? this.#rejoin() : undefined;
  }

  /** Whether the client is in a room, but this connection not yet, or no longer. */
  get #away() { return this.#room !== null && !this.#joined; }

  /** The client's own calls go before all others. */
  #rejoin() {
    const params = { room_pk: this.#room, lean: this.#lean, since_seq: this.#seq, epoch: this.#epoch };
    return {
      ...written("join_room", params), own: true, order: -1, lane: this.#rooms, moveTo: this.#room,
      resolve: ({ data }) => this.#emit("rejoined", data),
      reject: ({ code }) => this.#closeRoom({ room_pk: params.room_pk, reason: code }),
    };
  }

  /** Called later, sent earlier. */
  #followAgain() {
    return {
      ...written("follow", this.#followed), own: true, order: -2, lane: this.#others,
      resolve: ({ data }) => this.#emit("refresh", data),
      reject: (error) => {
        this.#following = true;
        this.#emit("error", error);
      },
    };
  }

  /** The calls before the next move must not keep the user in a room that cannot answer. */
  #makeWay() {
    if (!this.#failing || !this.#rooms.paused) return;
    const { call, error } = this.#failing;
    const move = this.#rooms.find((other) => other !== call && other.moveTo !== undefined && isAhead(other));
    if (!move) return;
    while (this.#rooms.first !== move) this.#refused(this.#rooms.take(), error);
    this.#rooms.resume();
  }

  #receive(text) {
    this.#emit("frame", { direction: "in", text });
    const frame = parse(text);
    const { action, data, response_status: status, request_id: requestId, replay = false } = frame;
    // The response to a repeated message is no event.
    const repeated = action === "create_message" && status === 200 && !replay;
    // In a closed room only responses come, and earlier events may be missing.
    if (EVENTS[action] && data?.seq > this.#seq && !repeated && !this.#away) {
      this.#seq = data.seq;
      this.#emit(EVENTS[action], { data, replay, mine: this.#isMine(frame), requestId });
    }
    if (action === "room_closed") this.#roomClosed(data);
    // The response to a request has the name of its action, too.
    if (FOLLOWED[action] && requestId === null && status === 200) this.#emit(FOLLOWED[action], data);
    const call = this.#sending;
    if (call?.id === requestId && call?.action === action) this.#finish(call, frame);
  }

  /** Others can put any id on a message, but are its author. Events of other kinds have none. */
  #isMine({ action, data, request_id: id }) {
    const author = data.user?.id ?? this.#user;
    const known = action === "create_message" && this.#user !== undefined;
    // One of them may be a string.
    if (known && author != this.#user) return false;
    return this.#sent.get(id) === action || (known && this.#names.has(data.client_msg_id));
  }

  #finish(call, frame) {
    const { response_status: status, error_code: code, errors } = frame;
    this.#connection.answered();
    this.#sending = undefined;
    // After a 503 the event may still come.
    if (status !== 503) this.#sent.delete(call.id);
    if ((status === 503 || status === 429) && !call.fleeting) this.#repeatLater(call, frame);
    else if (code === "not_in_room" && this.#away && !call.fleeting) call.lane.putBack(call);
    else {
      call.lane.tries = 0;
      if (call.lane === this.#rooms) this.#failing = undefined;
      if (status < 300) this.#succeeded(call, frame);
      else this.#refused(call, new AftermatchError(status, code, errors));
    }
    this.#sendNext();
  }

  #repeatLater(call, { response_status: status, error_code: code, errors, retry_after_ms: wait }) {
    const { lane } = call;
    call.unsure ||= status === 503;
    if (!call.own) lane.putBack(call);
    lane.pause(wait ?? this.#connection.delay(lane.tries++), () => this.#sendNext());
    if (lane !== this.#rooms) return;
    const failing = { room: call.moveTo ?? call.room, call, error: new AftermatchError(status, code, errors) };
    this.#failing = status === 503 ? failing : undefined;
    this.#makeWay();
  }

  #succeeded(call, response) {
    const { action, params } = call;
    call.settled = true;
    if (call.moveTo !== undefined) this.#moved(call, response.data);
    if (action === "follow") this.#follows(params);
    if (action === "renew") this.#connection.renewed(params.token);
    if (action === "create_message") {
      this.#user ??= response.data.user?.id;
      // A message ends the typing, so the next letter begins it again.
      this.#typedAt = -Infinity;
    }
    call.resolve(response);
  }

  #refused(call, error) {
    call.settled = true;
    const gone = call.unsure && call.action === "delete_messages" && error.code === "message_not_found";
    if (gone) call.resolve({ data: { room_id: call.room, messages_ids: call.params.msg_id_list } });
    else call.reject(error);
  }

  #moved({ moveTo, params }, { pk = moveTo, last_seq = 0, epoch = null, resumed }) {
    this.#room = moveTo === null ? null : pk;
    this.#joined = moveTo !== null;
    this.#epoch = epoch;
    this.#lean = params.lean;
    this.#typedAt = -Infinity;
    this.#seq = resumed ? params.since_seq : last_seq;
    if (resumed === false) this.#emit("reset", { room_pk: pk, last_seq });
  }

  #roomClosed(detail) {
    if (!REJOIN.includes(detail.reason)) return this.#closeRoom(detail);
    if (detail.room_pk !== this.#room || this.#away) return;
    this.#joined = false;
    this.#rooms.resume();
    this.#sendNext();
  }

  #follows(params) {
    const named = Object.entries(params).filter(([, value]) => value !== undefined);
    this.#followed = { ...this.#followed, ...Object.fromEntries(named) };
    this.#following = true;
  }

  #closeRoom(detail) {
    if (detail.room_pk !== this.#room) return;
    this.#room = null;
    this.#joined = false;
    this.#emit("room_closed", detail);
  }

  #lost(code, reason) {
    const call = this.#sending;
    this.#sending = undefined;
    this.#joined = this.#following = false;
    this.#sent.clear();
    this.#rooms.resume();
    this.#others.resume();
    if (!call || call.own) return;
    call.unsure = true;
    if (code === 1009) this.#refused(call, new AftermatchError(413, "frame_too_large", [reason]));
    else if (!call.fleeting) call.lane.putBack(call);
  }

  #ended(error) {
    this.#room = null;
    const waiting = [this.#sending, ...this.#rooms.drain(), ...this.#others.drain()];
    for (const call of waiting) if (call && !call.own) call.reject(error);
    this.#sending = undefined;
    this.#rooms.resume();
    this.#others.resume();
  }

  /** Whether a response is awaited now; if not yet, a request is sent for one. */
  #probe() {
    if (!this.#sending) this.#call("list", { limit: 1 }).catch(() => {});
    return Boolean(this.#sending);
  }

  #emit(type, detail) { Emitter.emit(this, type, detail); }
}

/** A call as it will be sent, or an error at once if it cannot be. */
const written = (action, params) => ({ action, params, text: stringify({ action, ...params }), late: 0 });

const dataOf = ({ data }) => data;

const isAhead = ({ settled, signal }) => !settled && !signal?.aborted;
