// What cannot mend is said at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Aftermatch } from "aftermatch";
import { collect, serve, token, VERA } from "./service.js";

const url = "ws://127.0.0.1:8000";

const WRONG = [
  ["no url", { token: "t" }, /`url` is missing/],
  ["a url without scheme", { url: "localhost:8000", token: "t" }, /`url` must begin with wss:\/\/ or ws:\/\/.*localhost:8000/],
  ["the origin of a file", { url: "null", token: "t" }, /`url` must begin/],
  ["no token", { url }, /`token` is missing/],
  ["an empty token", { url, token: "" }, /it is empty/],
  ["a token with a line break", { url, token: "a.b.c\n" }, /a text with a line break/],
  ["a login page as token", { url, token: "<!doctype html>" }, /a page or another document/],
  ["an object as token", { url, token: {} }, /it is \[object Object\]/],
];

for (const [what, options, why] of WRONG) {
  test(`${what} is refused at once`, () => assert.throws(() => new Aftermatch(options), why));
}

test("missing WebSocket is reported at once", (t) => {
  const { WebSocket } = globalThis;
  t.after(() => Object.assign(globalThis, { WebSocket }));
  delete globalThis.WebSocket;
  assert.throws(() => new Aftermatch({ url, token: "t" }), /no WebSocket here: pass `createSocket`/);
});

for (const [what, value, why] of [
  ["a login page", "<!doctype html><title>Sign in</title>", /a page or another document/],
  ["nothing", undefined, /it is undefined/],
  ["a line too much", "a.b.c\n", /line break/],
]) {
  test(`function that returns ${what} ends the client`, async (t) => {
    const { url } = await serve(t);
    const chat = new Aftermatch({ url, token: async () => value });
    const events = collect(chat, "state", "error");
    await assert.rejects(chat.list(), (error) => error.code === "invalid_token" && why.test(error.message));
    await assert.rejects(chat.list(), { code: "invalid_token" });
    assert.deepEqual(events.map(({ type, state }) => state ?? type), ["connecting", "closed", "error"]);
    assert.match(events[1].reason, why);
  });
}

test("socket that cannot be created ends the client", async (t) => {
  const { url } = await serve(t);
  const forbidden = new Error("no ws: from a page of https:");
  const chat = new Aftermatch({ url, token: token(VERA), createSocket() { throw forbidden; } });
  await assert.rejects(chat.list(), forbidden);
  assert.equal(chat.state, "closed");
});
