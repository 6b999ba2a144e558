// Calls that wait for their turn, in order. Each knows the next one, so none costs more than another.

export class Lane {
  #first;
  #last;
  #timer;
  /** Whether the first call waits until it can be sent again. */
  paused = false;
  /** How often the first call was refused for now. */
  tries = 0;

  /** The first call that was not aborted. */
  get first() {
    while (this.#first?.signal?.aborted) this.take();
    return this.#first;
  }

  push(call) {
    if (this.#first) this.#last.next = call;
    else this.#first = call;
    this.#last = call;
  }

  take() {
    const call = this.#first;
    this.#first = call.next;
    call.next = undefined;
    return call;
  }

  putBack(call) {
    call.next = this.#first;
    if (!this.#first) this.#last = call;
    this.#first = call;
  }

  /** All calls; none is left. */
  *drain() {
    while (this.#first) yield this.take();
  }

  find(which) {
    let call = this.#first;
    while (call && !which(call)) call = call.next;
    return call;
  }

  pause(delay, then) {
    this.resume();
    this.paused = true;
    this.#timer = setTimeout(() => {
      this.paused = false;
      then();
    }, delay);
  }

  resume() {
    clearTimeout(this.#timer);
    this.paused = false;
  }
}
