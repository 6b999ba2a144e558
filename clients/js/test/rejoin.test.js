// A service that closes rooms, played by the test: these tests need no other program.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Aftermatch } from "aftermatch";
import { collect } from "./service.js";

/** A client whose socket is in the hands of the test. */
function played(t) {
  const socket = { close() {}, sent: [], send: (text) => socket.sent.push(JSON.parse(text)) };
  const chat = new Aftermatch({ url: "ws://127.0.0.1", token: "t", minDelay: 5, maxDelay: 5, createSocket: () => socket });
  t.after(() => chat.close());
  const receive = (frame) => socket.onmessage({ data: JSON.stringify({ errors: [], ...frame }) });
  return {
    chat,
    socket,
    /** Resolves when the client has sent the next request. */
    async request(action) {
      while (socket.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const request = socket.sent.shift();
      assert.equal(request.action, action);
      return request;
    },
    respond: ({ action, request_id }, data, status = 200, more) =>
      receive({ data, action, response_status: status, request_id, ...more }),
    event: (seq, request_id = "theirs") =>
      receive({ data: { id: seq, text: `${seq}`, seq }, action: "create_message", response_status: 201, request_id }),
    closeRoom: (reason, room_pk = 1) =>
      receive({ data: { room_pk, reason }, action: "room_closed", response_status: 200, request_id: null }),
  };
}

/** The same, after it has joined room 1 at event 4 and received event 5. */
async function joined(t) {
  const service = played(t);
  while (!service.socket.onopen) await new Promise((resolve) => setTimeout(resolve, 1));
  const join = service.chat.join(1);
  service.socket.onopen();
  service.respond(await service.request("join_room"), { pk: 1, last_seq: 4, epoch: "a-1" });
  await join;
  service.event(5);
  return { ...service, events: collect(service.chat, "message", "reset", "room_closed") };
}

const seen = (events) => events.map(({ type, data, last_seq }) => [type, data?.seq ?? last_seq]);

test("closed room is joined again from the last event", async (t) => {
  const { chat, request, respond, event, closeRoom, events } = await joined(t);
  closeRoom("behind");
  const again = await request("join_room");
  assert.deepEqual([again.room_pk, again.since_seq, again.epoch], [1, 5, "a-1"]);
  assert.equal(chat.room, 1);
  respond(again, { pk: 1, last_seq: 7, epoch: "a-1", resumed: true });
  for (const seq of [6, 7, 8]) event(seq);
  assert.deepEqual(seen(events), [["message", 6], ["message", 7], ["message", 8]]);
});

test("room of another log is read again", async (t) => {
  const { chat, request, respond, event, closeRoom, events } = await joined(t);
  closeRoom("restarted");
  respond(await request("join_room"), { pk: 1, last_seq: 2, epoch: "b-1", resumed: false });
  event(3);
  assert.deepEqual(seen(events), [["reset", 2], ["message", 3]]);
  assert.deepEqual([chat.seq, chat.epoch], [3, "b-1"]);
  closeRoom("behind");
  assert.equal((await request("join_room")).epoch, "b-1");
});

test("response after the close is no event", async (t) => {
  const { chat, request, respond, event, closeRoom, events } = await joined(t);
  const sending = chat.send("mine");
  const { request_id } = await request("create_message");
  closeRoom("behind");
  closeRoom("behind");
  event(9, request_id);
  assert.equal((await sending).seq, 9);
  const again = await request("join_room");
  assert.equal(again.since_seq, 5, "events 6 to 8 are still missing");
  respond(again, { pk: 1, last_seq: 9, epoch: "a-1", resumed: true });
  for (const seq of [6, 7, 8, 9]) event(seq);
  assert.deepEqual(seen(events), [["message", 6], ["message", 7], ["message", 8], ["message", 9]]);
});

test("call that found the room closed is sent again", async (t) => {
  const { chat, request, respond, event, closeRoom } = await joined(t);
  const [one, two] = [chat.send("one"), chat.send("two")];
  const first = await request("create_message");
  closeRoom("restarted");
  respond(first, null, 400, { error_code: "not_in_room", errors: ["not in a room"] });
  respond(await request("join_room"), { pk: 1, last_seq: 5, epoch: "b-1", resumed: false });
  const repeated = await request("create_message");
  assert.deepEqual({ ...repeated, request_id: null }, { ...first, request_id: null });
  event(6, repeated.request_id);
  event(7, (await request("create_message")).request_id);
  assert.deepEqual([(await one).seq, (await two).seq], [6, 7]);
});

test("call that waits after a 503 follows the join", async (t) => {
  const { chat, request, respond, event, closeRoom } = await joined(t);
  const call = chat.send("one");
  respond(await request("create_message"), null, 503, { error_code: "unavailable" });
  closeRoom("behind");
  respond(await request("join_room"), null, 503, { error_code: "unavailable" });
  respond(await request("join_room"), { pk: 1, last_seq: 5, epoch: "a-1", resumed: true });
  event(6, (await request("create_message")).request_id);
  assert.equal((await call).seq, 6);
});

test("client that moves on does not come back", async (t) => {
  const { chat, socket, request, respond, closeRoom, events } = await joined(t);
  const move = chat.join(3);
  const request3 = await request("join_room");
  closeRoom("behind");
  respond(request3, { pk: 3, last_seq: 0, epoch: "a-3" });
  assert.equal((await move).pk, 3);
  chat.list().catch(() => {});
  assert.deepEqual([chat.room, socket.sent.map(({ action }) => action)], [3, ["list"]]);
  assert.deepEqual(events, []);
});

test("right that ended still closes the room", async (t) => {
  const { chat, request, respond, closeRoom, events } = await joined(t);
  closeRoom("room_removed");
  assert.equal(chat.room, null);
  const again = chat.join(1);
  respond(await request("join_room"), { pk: 1, last_seq: 0, epoch: "a-2" });
  await again;
  closeRoom("behind");
  respond(await request("join_room"), null, 403, { error_code: "room_forbidden" });
  assert.deepEqual(events.map(({ reason }) => reason), ["room_removed", "room_forbidden"]);
  assert.equal(chat.room, null);
});
