// What differs between browsers, Node, Deno, Bun and React Native.

export const ORIGIN = /^wss?:\/\/[^/?#]+/;

/** Browsers and React Native for Android send `Origin` themselves. */
export function createSocket(url, protocols, origin) {
  if (globalThis.location) return new WebSocket(url, protocols);
  const headers = { origin: origin ?? ORIGIN.exec(url)[0].replace(/^ws/, "http") };
  const isReactNative = globalThis.navigator?.product === "ReactNative";
  return isReactNative ? new WebSocket(url, protocols, { headers }) : new WebSocket(url, { protocols, headers });
}

/** Calls `run` when a page comes back to its user or to the network, until the result is called. */
export function onWake(run) {
  const { document } = globalThis;
  const shown = () => document.visibilityState === "visible" && run();
  // Every page is shown once at first, and then it has no connection yet.
  const back = ({ persisted }) => persisted && run();
  const listeners = [[globalThis, "online", run], [globalThis, "pageshow", back], [document, "visibilitychange", shown]];
  for (const [target, type, listener] of listeners) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target?.removeEventListener?.(type, listener);
  };
}

/** Random numbers for the next ids: to fetch many at once costs hardly more than one. */
const pool = new Uint32Array(1024);
let used = pool.length;

/** Everyone in the room sees earlier ids: the next one must not follow from them. */
export function randomId() {
  if (used === pool.length) {
    used = 0;
    if (globalThis.crypto) crypto.getRandomValues(pool);
    else pool.forEach((_, at) => (pool[at] = Math.random() * 2 ** 32));
  }
  return `${pool[used++]}.${pool[used++]}.${pool[used++]}.${pool[used++]}`;
}

/** Why a signal was aborted. React Native does not say. */
export const reasonOf = ({ reason }) => reason ?? Object.assign(new Error("aborted"), { name: "AbortError" });
