// A device that slept: its connection looks alive, and is not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "./proxy.js";
import { client, next, OLEG, serve, VERA } from "./service.js";

const HOUR = 3_600_000;

/** The parts of a page that say when its user is back. */
function page(t) {
  const [window, document] = [new EventTarget(), new EventTarget()];
  document.visibilityState = "hidden";
  const parts = { addEventListener: window.addEventListener.bind(window), removeEventListener: window.removeEventListener.bind(window), document };
  Object.assign(globalThis, parts);
  t.after(() => {
    for (const part of Object.keys(parts)) delete globalThis[part];
  });
  return { window, document };
}

const WAYS = {
  "a page that is shown": ({ document }) => {
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
  },
  "a page that comes back": ({ window }) => window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })),
  "a network that comes back": ({ window }) => window.dispatchEvent(new Event("online")),
  "an app that says so": (_, chat) => chat.wake(),
};

for (const [what, wake] of Object.entries(WAYS)) {
  test(`dead connection is replaced after ${what}`, async (t) => {
    const parts = page(t);
    const service = await serve(t);
    const proxy = await Proxy.start(t, service);
    const never = { timeout: HOUR, heartbeat: HOUR, minDelay: HOUR, maxDelay: HOUR };
    const [vera, oleg] = [client(t, proxy.url, VERA, never), client(t, service.url, OLEG)];
    await Promise.all([vera.join(1), oleg.join(1)]);
    // Frames of the first connection are lost without a sign.
    proxy.fromClient = proxy.fromService = () => null;
    const [missed, sent] = [next(vera, "message"), next(oleg, "message", ({ mine }) => !mine)];
    await oleg.send("written meanwhile");
    const call = vera.send("written in the dark");
    vera.addEventListener("state", () => (proxy.fromClient = proxy.fromService = (text) => text));
    wake(parts, vera);
    assert.equal((await missed).data.text, "written meanwhile");
    assert.equal((await sent).data.text, "written in the dark");
    await call;
  });
}

test("living connection outlives a look at the page", async (t) => {
  const { window, document } = page(t);
  const proxy = await Proxy.start(t, await serve(t));
  const vera = client(t, proxy.url, VERA);
  await vera.join(1);
  const response = next(vera, "frame", ({ direction }) => direction === "in");
  document.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(new Event("pageshow"));
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(JSON.parse((await response).text).action, "list");
  await vera.send("still there");
  assert.equal(proxy.attempts, 1);
});
