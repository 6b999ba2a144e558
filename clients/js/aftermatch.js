// A client of the Aftermatch chat service, for browsers and Node.
// Its options, calls and events are explained in aftermatch.d.ts.

const DEFAULTS = {
	url: globalThis.location?.origin, createSocket,
	minDelay: 500, maxDelay: 30_000, timeout: 20_000, heartbeat: 60_000,
};

const EVENTS = { create_message: "message", edit_message: "edit", delete_messages: "delete" };

/** After a connection that lasted so long, pauses are short again. */
const GOOD_MS = 10_000;

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
	/** Calls in the order they were made. Only the first is ever under way. */
	#queue = [];
	/** The ids of this client's requests begin with it, and nobody else's. */
	#name = crypto.getRandomValues(new Uint32Array(4)).join("");
	#count = 0;
	/** The connection that counts; what an earlier one still tells is not heard. */
	#link;
	#tries = 0;
	#timers = {};
	#life = new AbortController();
	#ended;

	constructor(options) {
		super();
		this.#options = { ...DEFAULTS, ...options };
		const { signal } = this.#options;
		const aborted = () => this.#end(1000, "aborted", signal.reason);
		const whileAlive = { signal: this.#life.signal };
		signal?.addEventListener("abort", aborted, whileAlive);
		globalThis.addEventListener?.("online", () => this.#online(), whileAlive);
		// Later, so that whoever made the client can listen to it first.
		queueMicrotask(() => (signal?.aborted ? aborted() : this.#connect()));
	}

	get state() { return this.#state; }
	get room() { return this.#room; }
	get seq() { return this.#seq; }

	list({ limit, afterPk, ...options } = {}) {
		return this.#ask("list", { limit, after_pk: afterPk }, options);
	}

	join(room, { sinceSeq, ...options } = {}) {
		return this.#ask("join_room", { room_pk: room, since_seq: sinceSeq }, options, room);
	}

	leave(options) {
		return this.#ask("leave_room", {}, options, null);
	}

	send(text, { clientMsgId, ...options } = {}) {
		return this.#ask("create_message", { msg_text: text, client_msg_id: clientMsgId }, options);
	}

	edit(id, text, options) {
		return this.#ask("edit_message", { msg_id: id, edited_msg_text: text }, options);
	}

	delete(ids, options) {
		return this.#ask("delete_messages", { msg_id_list: [ids].flat() }, options);
	}

	history({ before, after, limit, ...options } = {}) {
		return this.#ask("get_room_messages", { before_seq: before, after_seq: after, limit }, options);
	}

	markRead(seq, options) {
		return this.#ask("mark_read", { seq }, options);
	}

	roomInfo(options) {
		return this.#ask("current_room_info", {}, options);
	}

	close() {
		this.#end(1000, "closed");
	}

	async #ask(action, params, { signal, rejoin } = {}, moveTo) {
		signal?.throwIfAborted();
		if (this.#state === "closed") throw this.#ended;
		const id = `${this.#name}.${++this.#count}`;
		if (action === "create_message") params.client_msg_id ??= id;
		const call = { id, action, params, signal, rejoin, moveTo, tries: 0 };
		if (moveTo === undefined && action !== "list") call.room = this.#nextRoom();
		const answer = new Promise((resolve, reject) => Object.assign(call, { resolve, reject }));
		const abort = () => call.reject(signal.reason);
		signal?.addEventListener("abort", abort);
		this.#queue[rejoin ? "unshift" : "push"](call);
		this.#sendNext();
		return answer.finally(() => signal?.removeEventListener("abort", abort));
	}

	/** The room that the calls made so far lead to. */
	#nextRoom() {
		const move = this.#queue.findLast((call) => call.moveTo !== undefined && !call.signal?.aborted);
		return move ? move.moveTo : this.#room;
	}

	#sendNext() {
		const [call] = this.#queue;
		if (!call || call.stage || this.#state !== "open") return;
		// Nothing gets into another room than the one it was meant for.
		const astray = call.room !== undefined && call.room !== this.#room;
		if (astray || call.signal?.aborted) {
			this.#queue.shift();
			call.reject(new AftermatchError(400, "not_in_room", [`room ${call.room} is not joined`]));
			return this.#sendNext();
		}
		call.stage = "sent";
		this.#expectAnswer();
		const text = JSON.stringify({ action: call.action, ...call.params, request_id: call.id });
		this.#link.socket.send(text);
		this.#tell("frame", { direction: "out", text });
	}

	#heard(text) {
		this.#later("heartbeat", this.#options.heartbeat, () => this.#probe());
		this.#tell("frame", { direction: "in", text });
		const frame = JSON.parse(text);
		const { action, data, response_status: status, request_id: requestId, replay = false } = frame;
		// The second answer to a message that was sent twice is no change.
		const repeated = action === "create_message" && status === 200 && !replay;
		if (EVENTS[action] && data?.seq > this.#seq && !repeated) {
			this.#seq = data.seq;
			const mine = [requestId, data.client_msg_id].some((id) => `${id}`.startsWith(this.#name));
			this.#tell(EVENTS[action], { data, replay, mine, requestId });
		}
		if (action === "room_closed") this.#closeRoom(data);
		const [call] = this.#queue;
		if (call?.stage === "sent" && call.id === requestId) this.#answered(call, frame);
	}

	#answered(call, { response_status: status, error_code: code, data, errors, retry_after_ms: wait }) {
		clearTimeout(this.#timers.answer);
		if (status === 503 || status === 429) {
			call.stage = "paused";
			call.unsure ||= status === 503;
			return this.#later("retry", wait ?? this.#pause(call.tries++), () => {
				call.stage = "";
				this.#sendNext();
			});
		}
		this.#queue.shift();
		if (status < 300) {
			if (call.moveTo !== undefined) this.#moved(call, data);
			call.resolve(data);
		} else if (call.unsure && call.action === "delete_messages" && code === "message_not_found") {
			call.resolve({ room_id: call.room, messages_ids: call.params.msg_id_list });
		} else {
			if (call.rejoin) this.#closeRoom({ room_pk: call.moveTo, reason: code });
			call.reject(new AftermatchError(status, code, errors));
		}
		this.#sendNext();
	}

	#moved({ moveTo, params }, { last_seq, resumed }) {
		this.#room = moveTo;
		this.#seq = resumed ? params.since_seq : last_seq;
		if (resumed === false) this.#tell("reset", { room_pk: moveTo, last_seq });
	}

	#closeRoom(detail) {
		if (detail.room_pk !== this.#room) return;
		this.#room = null;
		this.#tell("room_closed", detail);
	}

	async #connect() {
		if (this.#state === "closed") return;
		const { url, token, admin, origin, createSocket } = this.#options;
		const link = (this.#link = {});
		const current = (listener) => (event) => link === this.#link && listener(event);
		clearTimeout(this.#timers.connect);
		this.#expectAnswer();
		this.#become("connecting");
		try {
			const secret = typeof token === "function" ? await token() : token;
			if (link !== this.#link) return;
			const endpoint = admin ? "admin-chat" : "chat";
			const base = url.replace(/^http/, "ws").replace(/\/*$/, "");
			const socket = createSocket(`${base}/ws/${endpoint}/`, [endpoint, secret], origin);
			link.socket = socket;
			socket.onopen = current(() => this.#opened());
			socket.onmessage = current(({ data }) => this.#heard(data));
			// A refused handshake is an error in Node 22, and no close.
			socket.onclose = socket.onerror = current(({ code = 1006, reason = "" }) => this.#lost(code, reason));
		} catch (error) {
			if (link !== this.#link) return;
			this.#lost(1006, String(error));
			this.#tell("error", error);
		}
	}

	#opened() {
		clearTimeout(this.#timers.answer);
		this.#link.openedAt = performance.now();
		const again = { sinceSeq: this.#seq, rejoin: true };
		if (this.#room !== null) this.join(this.#room, again).catch(() => {});
		this.#become("open");
		this.#sendNext();
	}

	#lost(code, reason) {
		const { openedAt } = this.#link;
		this.#disconnect();
		const [call] = this.#queue;
		if (call?.stage === "sent") call.unsure = true;
		if (call) call.stage = "";
		if (call?.rejoin || code === 1009) this.#queue.shift();
		if (code === 1009) call?.reject(new AftermatchError(413, "frame_too_large", [reason]));
		if (code === 4401 || code === 4403) return this.#end(code, reason);
		if (performance.now() - openedAt > GOOD_MS) this.#tries = 0;
		const delay = this.#pause(this.#tries++);
		this.#later("connect", delay, () => this.#connect());
		this.#become("waiting", { delay, refused: !openedAt && this.#tries >= 5, code, reason });
	}

	#disconnect() {
		Object.values(this.#timers).forEach(clearTimeout);
		const socket = this.#link?.socket;
		this.#link = undefined;
		socket?.close(1000);
	}

	#end(code, reason, why = new AftermatchError(0, "closed", [reason])) {
		if (this.#state === "closed") return;
		this.#ended = why;
		this.#disconnect();
		this.#life.abort();
		this.#room = null;
		this.#become("closed", { code, reason });
		for (const call of this.#queue.splice(0)) call.reject(why);
	}

	#online() {
		if (this.#state === "waiting") this.#connect();
		if (this.#state === "open") this.#probe();
	}

	/** A dead connection looks like a quiet one until something is asked. */
	#probe() {
		if (!this.#queue.length) this.list({ limit: 1 }).catch(() => {});
	}

	#expectAnswer() {
		this.#later("answer", this.#options.timeout, () => this.#lost(1006, "no answer in time"));
	}

	#later(name, delay, what) {
		clearTimeout(this.#timers[name]);
		this.#timers[name] = setTimeout(what, delay);
	}

	/** Grows, with chance in it: not all clients come back at once. */
	#pause(tries) {
		const { minDelay, maxDelay } = this.#options;
		return Math.min(maxDelay, minDelay * 2 ** tries) * (0.5 + Math.random() / 2);
	}

	#become(state, more) {
		this.#state = state;
		this.#tell("state", { state, ...more });
	}

	#tell(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}
}

/** Browsers send `Origin` by themselves; elsewhere it has to be set. */
function createSocket(url, protocols, origin) {
	if (globalThis.location) return new WebSocket(url, protocols);
	const headers = { origin: origin ?? new URL(url).origin.replace(/^ws/, "http") };
	return new WebSocket(url, { protocols, headers });
}
