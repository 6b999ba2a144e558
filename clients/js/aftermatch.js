// Client of the Aftermatch chat service. API: aftermatch.d.ts

const DEFAULTS = {
  url: globalThis.location?.origin, createSocket,
  minDelay: 500, maxDelay: 30_000, timeout: 20_000, heartbeat: 60_000,
};

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
const STABLE_MS = 10_000; // a longer connection resets the delays
const TYPING_MS = 3000; // the service passes on no more

export class AftermatchError extends Error {
  constructor(status, code, errors) {
    super(errors.join("; "));
    Object.assign(this, { name: "AftermatchError", status, code, errors });
  }
}

export class Aftermatch extends EventTarget {
  #options;
  #state = "connecting";
  #room = null;
  #seq = 0;
  /** The log in which `#seq` counts, as the service calls it. */
  #epoch = null;
  /** Whether messages come without their room. */
  #lean;
  /** Whether the service closed the room and it is being joined again. */
  #away = false;
  /** What this client follows, as it was requested. */
  #followed;
  /** When it was last sent that this user is typing. */
  #typedAt = -Infinity;
  /** Calls in order; only the first is sent. */
  #queue = [];
  /** The user's id, if the token or a response contained it. */
  #user;
  /** The actions of the requests on this connection whose events may come, by id. */
  #sent = new Map();
  /** The newest client message ids. */
  #names = new Set();
  /** The current connection; events of earlier ones are ignored. */
  #link;
  #tries = 0;
  #timers = {};
  #life = new AbortController();
  #closedBy;

  constructor(options) {
    super();
    this.#options = { ...DEFAULTS, ...options };
    const { signal } = this.#options;
    const aborted = () => this.#end(1000, "aborted", signal.reason);
    const alive = { signal: this.#life.signal };
    signal?.addEventListener("abort", aborted, alive);
    globalThis.addEventListener?.("online", () => this.#online(), alive);
    // Later, so that listeners can be added first.
    queueMicrotask(() => (signal?.aborted ? aborted() : this.#connect()));
  }

  get state() { return this.#state; }
  get room() { return this.#room; }
  get seq() { return this.#seq; }
  get epoch() { return this.#epoch; }

  list({ limit, afterPk, ...options } = {}) {
    return this.#call("list", { limit, after_pk: afterPk }, options);
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
    if (this.#state !== "open" || this.#room === null || now - this.#typedAt < TYPING_MS) return;
    this.#typedAt = now;
    this.#call("typing", {}, { fleeting: true }).catch(() => {});
  }
  roomInfo(options) { return this.#call("current_room_info", {}, options); }
  close() { this.#end(1000, "closed"); }

  /** A call with `rejoin` goes before all others. One that is `fleeting` is not repeated. */
  async #call(action, params, { signal, rejoin, fleeting } = {}, moveTo) {
    signal?.throwIfAborted();
    if (this.#state === "closed") throw this.#closedBy;
    if (action === "create_message") this.#names.add((params.client_msg_id ??= randomId()));
    if (this.#names.size > NAMES) this.#names.delete(this.#names.values().next().value);
    const call = { action, params, signal, rejoin, fleeting, moveTo, tries: 0 };
    // The room that the queued calls lead to.
    const move = this.#queue.findLast((call) => call.moveTo !== undefined && !call.signal?.aborted);
    const roomless = moveTo !== undefined || ROOMLESS.includes(action);
    if (!roomless) call.room = move ? move.moveTo : this.#room;
    if (rejoin) call.room = moveTo;
    const result = new Promise((resolve, reject) => Object.assign(call, { resolve, reject }));
    const abort = () => call.reject(signal.reason);
    signal?.addEventListener("abort", abort);
    const sent = this.#queue[0]?.stage === "sent" ? 1 : 0;
    this.#queue.splice(rejoin ? sent : this.#queue.length, 0, call);
    this.#sendNext();
    return result.finally(() => signal?.removeEventListener("abort", abort));
  }

  #sendNext() {
    const [call] = this.#queue;
    if (!call || call.stage || this.#state !== "open") return;
    // A call is never sent into another room.
    const wrongRoom = call.room !== undefined && call.room !== this.#room;
    if (wrongRoom || call.signal?.aborted) {
      this.#queue.shift();
      call.reject(new AftermatchError(400, "not_in_room", [`room ${call.room} is not joined`]));
      return this.#sendNext();
    }
    call.stage = "sent";
    call.id = randomId();
    this.#sent.set(call.id, call.action);
    if (call.rejoin && call.moveTo !== undefined) Object.assign(call.params, { since_seq: this.#seq, epoch: this.#epoch });
    this.#startTimeout();
    const text = JSON.stringify({ action: call.action, ...call.params, request_id: call.id });
    this.#link.socket.send(text);
    this.#emit("frame", { direction: "out", text });
  }

  #receive(text) {
    this.#after("heartbeat", this.#options.heartbeat, () => this.#probe());
    this.#emit("frame", { direction: "in", text });
    const frame = JSON.parse(text);
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
    const [call] = this.#queue;
    if (call?.stage === "sent" && call.id === requestId && call.action === action) this.#finish(call, frame);
  }

  /** Others can put any id on a message, but are its author. Events of other kinds have none. */
  #isMine({ action, data, request_id: id }) {
    const author = data.user?.id ?? this.#user;
    const known = action === "create_message" && this.#user !== undefined;
    if (known && Number(author) !== Number(this.#user)) return false;
    return this.#sent.get(id) === action || (known && this.#names.has(data.client_msg_id));
  }

  #finish(call, { response_status: status, error_code: code, data, errors, retry_after_ms: wait }) {
    clearTimeout(this.#timers.timeout);
    // After a 503 the event may still come.
    if (status !== 503) this.#sent.delete(call.id);
    if ((status === 503 || status === 429) && !call.fleeting) {
      call.stage = "paused";
      call.unsure ||= status === 503;
      return this.#after("retry", wait ?? this.#delay(call.tries++), () => {
        call.stage = "";
        this.#sendNext();
      });
    }
    this.#queue.shift();
    const [next] = this.#queue;
    if (code === "not_in_room" && next?.rejoin) {
      call.stage = "";
      this.#queue.splice(1, 0, call);
      return this.#sendNext();
    }
    if (status < 300) {
      if (call.moveTo !== undefined) this.#moved(call, data);
      if (call.action === "follow") this.#follows(call.params);
      if (call.action === "renew") this.#renewed(call.params);
      if (call.action === "create_message") {
        this.#user ??= data.user?.id;
        // A message ends the typing, so the next letter begins it again.
        this.#typedAt = -Infinity;
      }
      call.resolve(data);
    } else if (call.unsure && call.action === "delete_messages" && code === "message_not_found") {
      call.resolve({ room_id: call.room, messages_ids: call.params.msg_id_list });
    } else {
      if (call.rejoin) this.#closeRoom({ room_pk: call.moveTo, reason: code });
      call.reject(new AftermatchError(status, code, errors));
    }
    this.#sendNext();
  }

  #moved({ moveTo, params }, { last_seq, epoch, resumed }) {
    this.#room = moveTo;
    this.#epoch = epoch ?? null;
    this.#lean = params.lean;
    this.#away = false;
    this.#typedAt = -Infinity;
    this.#seq = resumed ? params.since_seq : last_seq;
    if (resumed === false) this.#emit("reset", { room_pk: moveTo, last_seq });
  }

  #roomClosed(detail) {
    if (!REJOIN.includes(detail.reason)) return this.#closeRoom(detail);
    if (detail.room_pk !== this.#room || this.#away) return;
    this.#away = true;
    const [call] = this.#queue;
    if (call?.stage === "paused") {
      clearTimeout(this.#timers.retry);
      call.stage = "";
    }
    this.#rejoin();
  }

  #rejoin() {
    const joining = this.join(this.#room, { lean: this.#lean, rejoin: true });
    joining.then((data) => this.#emit("rejoined", data), () => {});
  }

  #follows(params) {
    const named = Object.entries(params).filter(([, value]) => value !== undefined);
    this.#followed = { ...this.#followed, ...Object.fromEntries(named) };
  }

  /** A function is asked again before the next connection, and has newer tokens than this one. */
  #renewed({ token }) {
    if (typeof this.#options.token !== "function") this.#options.token = token;
  }

  #followAgain() {
    this.#call("follow", this.#followed, { rejoin: true }).then(
      (data) => this.#emit("refresh", data),
      (error) => this.#state !== "closed" && this.#emit("error", error),
    );
  }

  #closeRoom(detail) {
    if (detail.room_pk !== this.#room) return;
    this.#room = null;
    this.#emit("room_closed", detail);
  }

  async #connect() {
    if (this.#state === "closed") return;
    const { url, token, admin, origin, createSocket } = this.#options;
    const link = (this.#link = {});
    const current = (run) => (event) => link === this.#link && run(event);
    clearTimeout(this.#timers.connect);
    this.#startTimeout();
    this.#setState("connecting");
    try {
      const secret = typeof token === "function" ? await token() : token;
      if (link !== this.#link) return;
      this.#user = userOf(secret) ?? this.#user;
      const endpoint = admin ? "admin-chat" : "chat";
      const base = url.replace(/^http/, "ws").replace(/\/*$/, "");
      const socket = createSocket(`${base}/ws/${endpoint}/`, [endpoint, secret], origin);
      link.socket = socket;
      socket.onopen = current(() => this.#opened());
      socket.onmessage = current(({ data }) => this.#receive(data));
      // Node 22 reports a refused handshake as an error only.
      socket.onclose = socket.onerror = current(({ code = 1006, reason = "" }) => this.#lost(code, reason));
    } catch (error) {
      if (link !== this.#link) return;
      this.#lost(1006, String(error));
      this.#emit("error", error);
    }
  }

  #opened() {
    clearTimeout(this.#timers.timeout);
    this.#link.openedAt = performance.now();
    if (this.#room !== null) this.#rejoin();
    // Called later, sent earlier.
    if (this.#followed) this.#followAgain();
    this.#setState("open");
    this.#sendNext();
  }

  #lost(code, reason) {
    const { openedAt } = this.#link;
    this.#sent.clear();
    this.#disconnect();
    const [call] = this.#queue;
    if (call?.stage === "sent") call.unsure = true;
    if (call) call.stage = "";
    if (code === 1009) this.#queue.shift();
    this.#queue = this.#queue.filter(({ rejoin, fleeting }) => !rejoin && !fleeting);
    if (code === 1009) call?.reject(new AftermatchError(413, "frame_too_large", [reason]));
    if (code === 4401 || code === 4403) return this.#end(code, reason);
    if (performance.now() - openedAt > STABLE_MS) this.#tries = 0;
    const delay = this.#delay(this.#tries++);
    this.#after("connect", delay, () => this.#connect());
    this.#setState("waiting", { delay, refused: !openedAt && this.#tries >= 5, code, reason });
  }

  #disconnect() {
    Object.values(this.#timers).forEach(clearTimeout);
    const socket = this.#link?.socket;
    this.#link = undefined;
    socket?.close(1000);
  }

  #end(code, reason, error = new AftermatchError(0, "closed", [reason])) {
    if (this.#state === "closed") return;
    this.#closedBy = error;
    this.#disconnect();
    this.#life.abort();
    this.#room = null;
    this.#setState("closed", { code, reason });
    for (const call of this.#queue.splice(0)) call.reject(error);
  }

  #online() {
    if (this.#state === "waiting") this.#connect();
    if (this.#state === "open") this.#probe();
  }

  /** Sends a request, because a dead connection looks like a quiet one. */
  #probe() {
    if (!this.#queue.length) this.list({ limit: 1 }).catch(() => {});
  }

  #startTimeout() {
    this.#after("timeout", this.#options.timeout, () => this.#lost(1006, "no answer in time"));
  }

  #after(timer, delay, run) {
    clearTimeout(this.#timers[timer]);
    this.#timers[timer] = setTimeout(run, delay);
  }

  /** Random: clients must not all return at once. */
  #delay(tries) {
    const { minDelay, maxDelay } = this.#options;
    return Math.min(maxDelay, minDelay * 2 ** tries) * (0.5 + Math.random() / 2);
  }

  #setState(state, more) {
    this.#state = state;
    this.#emit("state", { state, ...more });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Everyone in the room sees earlier ids: the next one must not follow from them. */
function randomId() {
  const words = new Uint32Array(4);
  if (globalThis.crypto) crypto.getRandomValues(words);
  else words.forEach((_, at) => (words[at] = Math.random() * 2 ** 32));
  return words.join(".");
}

function userOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).user_id;
  } catch {}
}

/** Browsers send `Origin` themselves. */
function createSocket(url, protocols, origin) {
  if (globalThis.location) return new WebSocket(url, protocols);
  const headers = { origin: origin ?? new URL(url).origin.replace(/^ws/, "http") };
  return new WebSocket(url, { protocols, headers });
}
