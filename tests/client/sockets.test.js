// Node 20 has no WebSocket: there the package `ws` takes its place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Aftermatch } from "aftermatch";
import { WebSocket } from "ws";
import { serve, token, VERA } from "../../clients/js/test/service.js";

test("client runs with the package ws", async (t) => {
  delete globalThis.WebSocket;
  const { url } = await serve(t);
  const createSocket = (url, protocols, origin = "http://localhost") => new WebSocket(url, protocols, { origin });
  const chat = new Aftermatch({ url, token: token(VERA), createSocket });
  t.after(() => chat.close());
  const seen = new Promise((resolve) => chat.addEventListener("message", ({ detail }) => resolve(detail.data.text)));
  await chat.join(1);
  await chat.send("through ws");
  assert.equal(await seen, "through ws");
});

test("refused handshake is reported with ws, too", async (t) => {
  const { url } = await serve(t);
  const createSocket = (url, protocols) => new WebSocket(url, protocols, { origin: "http://elsewhere.example.com" });
  const chat = new Aftermatch({ url, token: token(VERA), createSocket, minDelay: 5, maxDelay: 5 });
  t.after(() => chat.close());
  const refused = new Promise((resolve) =>
    chat.addEventListener("state", ({ detail }) => detail.refused && resolve(detail.code)));
  assert.equal(await refused, 1006);
});
