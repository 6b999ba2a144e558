// Events as of an `EventTarget`, which React Native does not have.

export class Emitter {
  /** For each type, its listeners, and whether each wants one event only. */
  #types = new Map();

  addEventListener(type, listener, options) {
    const { once = false, signal } = Object(options);
    if (!listener || signal?.aborted) return;
    if (!this.#types.has(type)) this.#types.set(type, new Map());
    const listeners = this.#types.get(type);
    if (listeners.has(listener)) return;
    listeners.set(listener, once);
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener));
  }

  removeEventListener(type, listener) {
    this.#types.get(type)?.delete(listener);
  }

  /** Static, so that the client does not have it. */
  static emit(target, type, detail) {
    const listeners = target.#types.get(type) ?? new Map();
    for (const [listener, once] of [...listeners]) {
      if (!listeners.has(listener)) continue;
      if (once) listeners.delete(listener);
      try {
        const event = { type, detail, target };
        if (typeof listener === "function") listener.call(target, event);
        else listener.handleEvent(event);
      } catch (error) {
        // An error of one listener is its own: it concerns neither the others nor the client.
        setTimeout(() => { throw error; });
      }
    }
  }
}
