// No call waits for what does not concern it, or longer than it must.

import assert from "node:assert/strict";
import { test } from "node:test";
import { played } from "./played.js";
import { Proxy } from "./proxy.js";
import { client, collect, next, nextState, serve, VERA } from "./service.js";

/** A client in room 1 of a played service. */
async function joined(t, options) {
  const service = played(t, options);
  await service.open();
  const join = service.chat.join(1);
  await service.serve({ pk: 1, last_seq: 4, epoch: "a-1" });
  await join;
  return service;
}

test("call that cannot be written fails alone", async (t) => {
  const { url } = await serve(t);
  const chat = client(t, url, VERA);
  const circular = {};
  circular.self = circular;
  const [wrong, right] = [chat.edit(circular, "x"), chat.list()];
  await assert.rejects(wrong, /circular/);
  assert.equal((await right).length, 2);
});

test("list is read in portions", async (t) => {
  const { chat, open, serve } = played(t);
  await open();
  const rooms = Array.from({ length: 250 }, (_, n) => ({ pk: n + 1 }));
  const portion = async () => {
    const { limit, after_pk: after = 0 } = await serve([], { response_status: 429, retry_after_ms: 0 });
    const data = rooms.slice(after, after + limit);
    const next = after + limit < rooms.length ? after + limit : null;
    await serve(data, { next_after_pk: next });
    return [after, limit];
  };
  const all = chat.list();
  assert.deepEqual([await portion(), await portion(), await portion()], [[0, 100], [100, 100], [200, 100]]);
  assert.deepEqual([...(await all)], rooms);
  assert.equal((await all).next_after_pk, null);
  const some = chat.list({ limit: 120, afterPk: 10 });
  assert.deepEqual([await portion(), await portion()], [[10, 100], [110, 20]]);
  assert.deepEqual([(await some).length, (await some).at(-1).pk, (await some).next_after_pk], [120, 130, 130]);
});

test("response that takes long gets more time each time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { chat, sockets, open, request, respond } = played(t, { timeout: 1000 });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const opened = async (count) => {
    while (!sockets[count - 1]?.onmessage) await turn();
    await open();
    while (!sockets[count - 1].sent.length) await turn();
  };
  const history = chat.history();
  for (let nth = 1; nth <= 3; nth++) {
    await opened(nth);
    const time = 1000 * 2 ** (nth - 1);
    t.mock.timers.tick(time - 1);
    assert.equal(chat.state, "open");
    t.mock.timers.tick(1);
    assert.equal(chat.state, "waiting");
    t.mock.timers.tick(5);
  }
  await opened(4);
  t.mock.timers.tick(7999);
  respond(await request(), { results: [] });
  assert.deepEqual(await history, { results: [] });
});

test("room that cannot answer holds up no other call", async (t) => {
  const { chat, serve, unavailable } = await joined(t, { minDelay: 3_600_000, maxDelay: 3_600_000 });
  const history = chat.history();
  await unavailable();
  const list = chat.list();
  assert.equal((await serve([{ pk: 1 }])).action, "list");
  assert.equal((await list).length, 1);
  const [join, after] = [chat.join(2), chat.history()];
  await assert.rejects(history, { status: 503, code: "unavailable" });
  assert.equal((await serve({ pk: 2, last_seq: 0 })).room_pk, 2);
  assert.equal((await join).pk, 2);
  assert.equal((await serve({ results: [] })).action, "get_room_messages");
  await after;
});

test("room that cannot answer can be left", async (t) => {
  const { chat, serve, unavailable } = await joined(t, { minDelay: 3_600_000, maxDelay: 3_600_000 });
  const history = chat.history();
  const behind = chat.send("never sent");
  const leave = chat.leave();
  const move = chat.join(2);
  await unavailable();
  await assert.rejects(history, { code: "unavailable" });
  await assert.rejects(behind, { code: "unavailable" });
  assert.equal((await serve({ response: "left" })).action, "leave_room");
  await leave;
  assert.equal((await serve({ pk: 2, last_seq: 0 })).room_pk, 2);
  assert.equal((await move).pk, 2);
});

for (const [what, code] of [["lost", 1006], ["over the limit", 1013]]) {
  test(`room that cannot be joined again can be left (${what})`, async (t) => {
    const service = await joined(t);
    const { chat, open, serve, unavailable } = service;
    await service.lose(code);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await open();
    await unavailable();
    const moves = [chat.leave(), chat.join(2)];
    let request = await service.request();
    // It may have been tried once more before.
    while (request.room_pk === 1) request = await service.request();
    assert.deepEqual([request.action, request.room_pk], ["join_room", 2], "nothing is left to leave");
    service.respond(request, { pk: 2, last_seq: 0 });
    await Promise.all(moves);
    assert.equal(chat.room, 2);
    chat.list().catch(() => {});
    assert.equal((await serve([])).action, "list");
  });
}

test("refused way out leads back", async (t) => {
  const { chat, receive, serve, unavailable } = await joined(t);
  const events = collect(chat, "message", "room_closed");
  receive({ action: "room_closed", data: { room_pk: 1, reason: "behind" }, request_id: null });
  const move = chat.join(2);
  assert.equal((await unavailable()).room_pk, 1);
  assert.equal((await serve(null, { response_status: 403, error_code: "room_forbidden" })).room_pk, 2);
  await assert.rejects(move, { code: "room_forbidden" });
  const again = await serve({ pk: 1, last_seq: 5, epoch: "a-1", resumed: true });
  assert.deepEqual([again.room_pk, again.since_seq], [1, 4]);
  receive({ action: "create_message", data: { id: 5, seq: 5 }, request_id: null, response_status: 201, replay: true });
  assert.deepEqual(events.map(({ type, data }) => [type, data?.seq]), [["message", 5]]);
});

test("message waits for its room, and others do not", async (t) => {
  const { chat, serve, unavailable } = await joined(t);
  const [first, second] = [chat.send("first"), chat.send("second")];
  await unavailable();
  assert.equal((await serve({ id: 1, seq: 5 }, { response_status: 201 })).msg_text, "first");
  assert.equal((await serve({ id: 2, seq: 6 }, { response_status: 201 })).msg_text, "second");
  assert.deepEqual([(await first).seq, (await second).seq], [5, 6]);
});

test("connection over the limit is refused, with the reason", async (t) => {
  const { url } = await serve(t, { flags: ["--max-connections-per-user", "1"] });
  const chats = [client(t, url, VERA), client(t, url, VERA)];
  // Both are open for a moment: only the one that gets an answer has the place.
  const answered = chats.map((chat) => chat.list().then(() => chat));
  const first = await Promise.race(answered);
  const second = chats.find((chat) => chat !== first);
  const { refused, code, reason } = await next(second, "state", ({ state }) => state === "waiting");
  assert.deepEqual([refused, code], [true, 1013]);
  assert.match(reason, /too many connections of one user/);
  first.close();
  assert.equal((await second.list()).length, 2);
});

test("reader that was too slow is not refused", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const chat = client(t, proxy.url, VERA);
  await chat.list();
  const waiting = nextState(chat, "waiting");
  proxy.closeWith(1013);
  assert.deepEqual([(await waiting).refused, (await waiting).code], [false, 1013]);
});

/** How often calls are looked at while so many messages are written without a connection. */
async function work(t, count) {
  const { chat } = played(t);
  let looks = 0;
  const signal = { get aborted() { looks += 1; return false; }, addEventListener() {}, removeEventListener() {} };
  const calls = Array.from({ length: count }, (_, n) => chat.send(`${n}`, { signal }));
  for (const call of calls) call.catch(() => {});
  chat.close();
  await Promise.allSettled(calls);
  return looks;
}

test("ten times the messages are ten times the work", async (t) => {
  const [few, many] = [await work(t, 200), await work(t, 2000)];
  assert.ok(many <= 11 * few, `${few} and ${many}`);
});

test("many calls that lost their room fail", async (t) => {
  const service = await joined(t);
  const calls = Array.from({ length: 20_000 }, (_, n) => service.chat.send(`${n}`));
  const failed = Promise.allSettled(calls);
  service.receive({ action: "room_closed", data: { room_pk: 1, reason: "room_removed" }, request_id: null });
  await service.serve(null, { response_status: 400, error_code: "not_in_room", errors: ["not in a room"] });
  for (const { reason } of await failed) assert.equal(reason.code, "not_in_room");
});
