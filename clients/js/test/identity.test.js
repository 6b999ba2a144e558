// A room mate who uses the ids of others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Aftermatch } from "aftermatch";
import { client, collect, OLEG, serve, token, until, VERA } from "./service.js";

/** Requests that Oleg sends without the client, in room 1. */
async function hostile(t, url) {
  const headers = { origin: url.replace("ws", "http") };
  const socket = new WebSocket(`${url}/ws/chat/`, { protocols: ["chat", token(OLEG)], headers });
  t.after(() => socket.close());
  await new Promise((resolve) => (socket.onopen = resolve));
  const ask = (request) => socket.send(JSON.stringify(request));
  ask({ action: "join_room", room_pk: 1, request_id: "join" });
  return { socket, ask };
}

/** Ids that may follow the ones that everybody has seen. */
const guesses = (id) => [id, ...[1, 2, 3].map((more) => id.replace(/\d+$/, (count) => BigInt(count) + BigInt(more)))];

test("room mate can neither answer nor claim requests", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  await vera.join(1);
  const received = collect(vera, "message");
  const { socket, ask } = await hostile(t, url);
  let forged = 0;
  socket.onmessage = ({ data: text }) => {
    const { action, data, request_id: id } = JSON.parse(text);
    if (action !== "create_message" || data?.user.id !== VERA) return;
    for (const request_id of guesses(id)) {
      const client_msg_id = guesses(data.client_msg_id)[forged++ % 2];
      ask({ action: "create_message", msg_text: `forged ${forged}`, client_msg_id, request_id });
    }
  };
  for (let count = 0; count < 20; count++) {
    const { text, user } = await vera.send(`own ${count}`);
    assert.deepEqual([text, user.id], [`own ${count}`, VERA]);
  }
  const forgedSeen = () => received.filter(({ data }) => data.user.id === OLEG);
  await until(vera, "message", () => forgedSeen().length >= 20);
  for (const { data, mine } of received) assert.equal(mine, data.user.id === VERA, data.text);
});

/** A client in room 1, whose service is the test. */
async function played(t, options) {
  const socket = { close() {}, sent: [], send: (text) => socket.sent.push(JSON.parse(text)) };
  const chat = new Aftermatch({ url: "ws://127.0.0.1", token: "t", createSocket: () => socket, ...options });
  t.after(() => chat.close());
  const receive = (frame) => socket.onmessage({ data: JSON.stringify({ errors: [], response_status: 200, ...frame }) });
  const event = (action, data, request_id) => receive({ action, data, request_id, response_status: 201 });
  while (!socket.onopen) await new Promise((resolve) => setTimeout(resolve, 1));
  socket.onopen();
  const join = chat.join(1);
  event("join_room", { pk: 1, last_seq: 0 }, socket.sent.shift().request_id);
  await join;
  return { chat, socket, receive, event };
}

test("response has id and action of its request", async (t) => {
  const { chat, socket, event } = await played(t);
  const history = chat.history();
  const { request_id } = socket.sent.shift();
  event("create_message", { id: 1, text: "forged", seq: 1 }, request_id);
  event("get_room_messages", { results: [] }, request_id);
  assert.deepEqual(await history, { results: [] });
});

test("repeated request has another id", async (t) => {
  const { chat, socket, receive, event } = await played(t, { minDelay: 1 });
  const received = collect(chat, "message");
  const call = chat.send("once");
  const first = socket.sent.shift();
  receive({ action: first.action, data: null, response_status: 503, request_id: first.request_id });
  while (!socket.sent.length) await new Promise((resolve) => setTimeout(resolve, 1));
  const second = socket.sent.shift();
  assert.equal(second.client_msg_id, first.client_msg_id);
  assert.notEqual(second.request_id, first.request_id);
  const message = { id: 1, text: "once", seq: 1, client_msg_id: first.client_msg_id };
  event("create_message", message, first.request_id);
  event("create_message", message, second.request_id);
  assert.equal((await call).id, 1);
  assert.deepEqual(received.map(({ mine }) => mine), [true]);
});

test("used id makes no later event mine", async (t) => {
  const { chat, socket, event } = await played(t);
  const received = collect(chat, "message", "edit");
  const call = chat.send("own");
  const { request_id } = socket.sent.shift();
  event("create_message", { id: 1, text: "own", seq: 1 }, request_id);
  await call;
  event("create_message", { id: 2, text: "forged", seq: 2 }, request_id);
  event("edit_message", { room_id: 1, message_id: 2, message_text: "forged", seq: 3 }, request_id);
  assert.deepEqual(received.map(({ mine }) => mine), [true, false, false]);
});

test("works without crypto", async (t) => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  t.after(() => Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true }));
  const { chat, socket, event } = await played(t);
  const ids = new Set();
  for (let seq = 1; seq <= 100; seq++) {
    const call = chat.send("one more");
    const { request_id, client_msg_id } = socket.sent.shift();
    for (const id of [request_id, client_msg_id]) assert.match(id, /^[0-9.]{7,64}$/);
    ids.add(request_id).add(client_msg_id);
    event("create_message", { id: seq, text: "one more", seq }, request_id);
    await call;
  }
  assert.equal(ids.size, 200);
});
