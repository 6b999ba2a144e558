// One connection after the other: a broken one is replaced, after a random delay that grows.

import { AftermatchError } from "./error.js";
import { checkToken } from "./options.js";
import { onWake, reasonOf } from "./surroundings.js";

/** The service closes a connection so because it does not want it. */
const UNWANTED = [1013, 4429];

/** The service closes a connection so if the user has lost the right to it. */
const FINAL = [4401, 4403];

const STABLE_MS = 10_000; // a longer connection resets the delays
const WAKE_MS = 1000; // a connection that is silent for longer did not outlive a sleep

export class Connection {
  /** `connecting`, `open`, `waiting` or `closed`. */
  state = "connecting";
  /** The error of all calls when it is closed. */
  closedBy;
  #options;
  #client;
  /** The current socket; events of earlier ones are ignored. */
  #link;
  #tries = 0;
  #timers = {};
  #release;

  /** The client has `emit`, `probe`, and for each step of a connection the function of its name. */
  constructor(options, client) {
    this.#options = options;
    this.#client = client;
    const { signal } = options;
    const aborted = () => this.end(1000, "aborted", reasonOf(signal));
    signal?.addEventListener("abort", aborted);
    const stop = onWake(() => this.wake());
    this.#release = () => (stop(), signal?.removeEventListener("abort", aborted));
    // Later, so that listeners can be added first.
    Promise.resolve().then(() => (signal?.aborted ? aborted() : this.#connect()));
  }

  send(text) { this.#link.socket.send(text); }

  /** Without an answer in time the connection counts as lost, after `late` was called. */
  awaitAnswer(time, late) {
    this.#after("answer", time, () => {
      late();
      this.#lost(1006, "no answer in time");
    });
  }

  answered() { clearTimeout(this.#timers.answer); }

  /** A function is asked again before the next connection, and has newer tokens than this one. */
  renewed(token) {
    if (typeof this.#options.token !== "function") this.#options.token = token;
  }

  /** A connection looks alive after a sleep, but may be dead. */
  wake() {
    if (this.state === "waiting") return void this.#connect();
    if (this.state !== "connecting" && !(this.state === "open" && this.#client.probe())) return;
    this.#after("wake", WAKE_MS, () => this.#lost(1006, "no answer after a sleep", 0));
  }

  /** For good. */
  end(code, reason, error = new AftermatchError(0, "closed", [reason])) {
    if (this.state === "closed") return;
    this.closedBy = error;
    this.#disconnect();
    this.#release();
    this.#client.ended(error);
    this.#setState("closed", { code, reason });
  }

  /** Random: clients must not all return at once. */
  delay(tries) {
    const { minDelay, maxDelay } = this.#options;
    return Math.min(maxDelay, minDelay * 2 ** tries) * (0.5 + Math.random() / 2);
  }

  async #connect() {
    if (this.state === "closed") return;
    const { token, timeout } = this.#options;
    const link = (this.#link = {});
    clearTimeout(this.#timers.connect);
    this.#after("opening", timeout, () => this.#lost(1006, "no connection in time"));
    this.#setState("connecting");
    try {
      const secret = typeof token === "function" ? await token() : token;
      if (link === this.#link) this.#open(link, secret);
    } catch (error) {
      if (link !== this.#link) return;
      this.#lost(1006, String(error));
      this.#client.emit("error", error);
    }
  }

  #open(link, secret) {
    const { url, admin, origin, createSocket } = this.#options;
    const endpoint = admin ? "admin-chat" : "chat";
    const current = (run) => (event) => link === this.#link && run(event);
    try {
      checkToken(secret);
      link.socket = createSocket(`${url}/ws/${endpoint}/`, [endpoint, secret], origin);
    } catch (error) {
      // It would be the same the next time.
      this.end(1000, error.message, error);
      return this.#client.emit("error", error);
    }
    this.#client.opening(secret);
    link.socket.onopen = current(() => this.#opened());
    link.socket.onmessage = current(({ data }) => this.#received(data));
    // Node 22 reports a refused handshake as an error only.
    link.socket.onclose = link.socket.onerror = current(({ code = 1006, reason = "" }) => this.#lost(code, reason));
  }

  #opened() {
    for (const timer of ["opening", "wake"]) clearTimeout(this.#timers[timer]);
    this.#link.openedAt = performance.now();
    this.#setState("open");
    this.#client.opened();
  }

  #received(text) {
    this.#link.served = true;
    clearTimeout(this.#timers.wake);
    // A dead connection looks like a quiet one.
    this.#after("heartbeat", this.#options.heartbeat, () => this.#client.probe());
    this.#client.received(text);
  }

  #lost(code, reason, wait) {
    const { openedAt, served } = this.#link;
    this.#disconnect();
    this.#client.lost(code, reason);
    if (FINAL.includes(code)) return this.end(code, reason);
    if (performance.now() - openedAt > STABLE_MS) this.#tries = 0;
    const delay = wait ?? this.delay(this.#tries);
    this.#tries += 1;
    const refused = (!openedAt && this.#tries >= 5) || (!served && UNWANTED.includes(code));
    this.#after("connect", delay, () => this.#connect());
    this.#setState("waiting", { delay, refused, code, reason });
  }

  #disconnect() {
    Object.values(this.#timers).forEach(clearTimeout);
    const socket = this.#link?.socket;
    this.#link = undefined;
    socket?.close(1000);
  }

  #after(timer, delay, run) {
    clearTimeout(this.#timers[timer]);
    this.#timers[timer] = setTimeout(run, delay);
  }

  #setState(state, more) {
    this.state = state;
    this.#client.emit("state", { state, ...more });
  }
}
