import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "./proxy.js";
import { client, collect, next, nextState, OLEG, serve, until, VERA } from "./service.js";

/** Vera, behind a proxy, and Oleg, connected directly, both in room 1. */
async function inRoom(t, options) {
  const service = await serve(t);
  const proxy = await Proxy.start(t, service);
  const [vera, oleg] = [client(t, proxy.url, VERA, options), client(t, service.url, OLEG)];
  const [{ last_seq: begin }] = await Promise.all([vera.join(1), oleg.join(1)]);
  return { service, proxy, vera, oleg, begin };
}

/** Cuts the connection, and refuses new ones until `proxy.refusing` is false. */
async function cutOff(proxy, chat) {
  proxy.refusing = true;
  const waiting = nextState(chat, "waiting");
  proxy.cut();
  await waiting;
}

const texts = (events) => events.map(({ data }) => data.text);

/** Drops the first frame with `action`, and cuts the connection there. */
function cutAt(proxy, direction, action) {
  return new Promise((resolve) => {
    proxy[direction] = (text) => {
      if (JSON.parse(text).action !== action) return text;
      proxy[direction] = (text) => text;
      proxy.cut();
      resolve();
      return null;
    };
  });
}

/** Answers the first request with `action` instead of the service, which never receives it. */
function refuse(proxy, action, refusal) {
  proxy.fromClient = (text) => {
    const request = JSON.parse(text);
    if (request.action !== action) return text;
    proxy.fromClient = (text) => text;
    proxy.sendToClients({ errors: ["no"], data: null, action, request_id: request.request_id, ...refusal });
    return null;
  };
}

test("cuts during a burst lose no message", async (t) => {
  const { proxy, service, vera, oleg, begin } = await inRoom(t);
  const listeners = await Proxy.start(t, service);
  const listener = client(t, listeners.url, OLEG);
  await listener.join(1);
  const everyone = [vera, oleg, listener];
  const received = everyone.map((chat) => collect(chat, "message"));
  const waits = everyone.map((chat) => collect(chat, "state"));

  // Each direction is cut after another number of frames, before or after the frame.
  const cutEvery = (every, cutProxy) => {
    let frames = 0;
    return (text) => {
      frames += 1;
      if (frames % every !== 0) return text;
      if (frames % 2 === 0) cutProxy.cut();
      else setImmediate(() => cutProxy.cut());
      return text;
    };
  };
  proxy.fromClient = cutEvery(13, proxy);
  proxy.fromService = cutEvery(22, proxy);
  listeners.fromService = cutEvery(17, listeners);

  const veras = Array.from({ length: 60 }, (_, n) => `vera ${n}`);
  const olegs = Array.from({ length: 60 }, (_, n) => `oleg ${n}`);
  const results = Promise.all([...veras.map((text) => vera.send(text)), ...olegs.map((text) => oleg.send(text))]);
  const complete = everyone.map((chat, n) => until(chat, "message", () => received[n].length >= 120));
  const written = await results;
  await Promise.all(complete);
  for (const proxied of [proxy, listeners]) {
    proxied.fromClient = proxied.fromService = (text) => text;
  }

  const stored = [];
  for (let after = begin; after !== null; ) {
    const page = await oleg.history({ after, limit: 100 });
    stored.push(...page.results.map(({ text }) => text));
    after = page.next_after_seq;
  }
  assert.equal(stored.length, 120);
  for (const events of received) {
    assert.deepEqual(texts(events), stored);
    assert.deepEqual(events.map(({ data }) => data.seq), stored.map((_, n) => begin + 1 + n));
  }
  assert.deepEqual(written.map(({ text }) => text), [...veras, ...olegs]);
  assert.deepEqual(stored.filter((text) => text.startsWith("vera")), veras);
  assert.deepEqual(stored.filter((text) => text.startsWith("oleg")), olegs);
  const isMine = (author) => ({ data, mine }) => mine === data.text.startsWith(author);
  assert.ok(received[0].every(isMine("vera")));
  assert.ok(received[1].every(isMine("oleg")));
  assert.ok(received[2].every(({ mine }) => !mine));
  const lost = waits.map((states) => states.filter(({ state }) => state === "waiting").length);
  assert.ok(lost[0] >= 3 && lost[2] >= 3, `cut ${lost[0]} and ${lost[2]} times`);
  assert.equal(lost[1], 0);
});

test("messages sent offline arrive once, in order", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t);
  const received = collect(oleg, "message");
  await cutOff(proxy, vera);
  const calls = ["one", "two", "three"].map((text) => vera.send(text));
  assert.notEqual(vera.state, "open");
  proxy.refusing = false;
  const written = await Promise.all(calls);
  assert.deepEqual(written.map(({ text }) => text), ["one", "two", "three"]);
  await until(oleg, "message", () => received.length >= 3);
  await vera.send("four");
  await until(oleg, "message", () => received.length >= 4);
  assert.deepEqual(texts(received), ["one", "two", "three", "four"]);
});

test("message with lost response exists once", async (t) => {
  const { proxy, vera, oleg, begin } = await inRoom(t);
  const received = collect(vera, "message");
  cutAt(proxy, "fromService", "create_message");
  const written = await vera.send("once");
  assert.equal(written.seq, begin + 1);
  assert.deepEqual(received.map(({ data, mine, replay }) => [data.id, mine, replay]), [[written.id, true, true]]);
  const { results } = await oleg.history({ after: begin });
  assert.deepEqual(results.map(({ text }) => text), ["once"]);
});

test("missed events are replayed before live ones", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t);
  const [edited, gone] = [await oleg.send("to be edited"), await oleg.send("to be deleted")];
  await vera.list();
  const received = collect(vera, "message", "edit", "delete", "reset");
  await cutOff(proxy, vera);
  await oleg.edit(edited.id, "better");
  await oleg.delete(gone.id);
  await oleg.send("new");
  proxy.refusing = false;
  await until(vera, "message", () => received.length >= 3);
  await oleg.send("live");
  await until(vera, "message", () => received.length >= 4);
  assert.deepEqual(received.map(({ type, replay, mine }) => [type, replay, mine]), [
    ["edit", true, false], ["delete", true, false], ["message", true, false], ["message", false, false],
  ]);
  assert.equal(received[0].data.message_text, "better");
  assert.deepEqual(received[1].data.messages_ids, [gone.id]);
  assert.deepEqual(texts(received.slice(2)), ["new", "live"]);
});

test("another client resumes from a number", async (t) => {
  const { service, vera, oleg, begin } = await inRoom(t);
  await oleg.send("missed");
  vera.close();
  const later = client(t, service.url, VERA);
  const received = next(later, "message");
  const room = await later.join(1, { sinceSeq: begin });
  assert.equal(room.resumed, true);
  assert.deepEqual([(await received).data.text, (await received).replay], ["missed", true]);
});

test("too many missed events cause a reset", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t);
  await cutOff(proxy, vera);
  await Promise.all(Array.from({ length: 501 }, (_, n) => oleg.send(`${n}`)));
  const received = collect(vera, "message");
  const reset = next(vera, "reset");
  proxy.refusing = false;
  assert.deepEqual(await reset, { room_pk: 1, last_seq: oleg.seq });
  await oleg.send("live");
  await until(vera, "message", () => received.length >= 1);
  assert.deepEqual(texts(received), ["live"]);
});

for (const direction of ["fromClient", "fromService"]) {
  const what = direction === "fromClient" ? "request" : "response";

  test(`edit with lost ${what} is made`, async (t) => {
    const { proxy, vera, oleg } = await inRoom(t);
    const { id, seq } = await vera.send("Jly");
    cutAt(proxy, direction, "edit_message");
    const edited = await vera.edit(id, "July");
    assert.equal(edited.message_text, "July");
    const { results } = await oleg.history({ after: seq - 1 });
    assert.deepEqual(results.map(({ text }) => text), ["July"]);
  });

  test(`deletion with lost ${what} is made`, async (t) => {
    const { proxy, vera, oleg } = await inRoom(t);
    const { id, seq } = await vera.send("oops");
    const received = next(vera, "delete");
    cutAt(proxy, direction, "delete_messages");
    const deleted = await vera.delete([id]);
    assert.deepEqual(deleted.messages_ids, [id]);
    assert.deepEqual((await received).data.messages_ids, [id]);
    assert.deepEqual((await oleg.history({ after: seq - 1 })).results, []);
    await assert.rejects(vera.delete([id]), { code: "message_not_found" });
  });

  test(`reads and joins with lost ${what} are repeated`, async (t) => {
    const { proxy, vera } = await inRoom(t);
    cutAt(proxy, direction, "get_room_messages");
    assert.equal((await vera.history({ limit: 2 })).results.length, 2);
    cutAt(proxy, direction, "list");
    assert.equal((await vera.list()).length, 2);
    cutAt(proxy, direction, "join_room");
    assert.equal((await vera.join(3)).pk, 3);
    assert.equal(vera.room, 3);
  });
}

test("aborted call is not repeated", async (t) => {
  const { proxy, vera, begin } = await inRoom(t);
  const lost = cutAt(proxy, "fromClient", "create_message");
  const controller = new AbortController();
  const aborted = vera.send("aborted", { signal: controller.signal });
  controller.abort();
  await assert.rejects(aborted, { name: "AbortError" });
  await lost;
  await vera.send("next");
  const { results } = await vera.history({ after: begin });
  assert.deepEqual(results.map(({ text }) => text), ["next"]);
});

test("message refused with 503 is repeated", async (t) => {
  const { proxy, vera, begin } = await inRoom(t);
  refuse(proxy, "create_message", { response_status: 503, error_code: "unavailable" });
  const [first, second] = await Promise.all([vera.send("one"), vera.send("two")]);
  assert.deepEqual([first.seq, second.seq], [begin + 1, begin + 2]);
});

test("deletion made despite a 503 succeeds", async (t) => {
  const { proxy, vera } = await inRoom(t);
  const { id } = await vera.send("oops");
  proxy.fromService = (text) => {
    const frame = JSON.parse(text);
    if (frame.action !== "delete_messages") return text;
    proxy.fromService = (text) => text;
    const { action, request_id } = frame;
    return JSON.stringify({ errors: ["no"], data: null, action, response_status: 503, request_id, error_code: "unavailable" });
  };
  assert.deepEqual((await vera.delete(id)).messages_ids, [id]);
});

test("event without request id is still mine", async (t) => {
  const { proxy, vera, begin } = await inRoom(t);
  const received = collect(vera, "message");
  proxy.fromService = (text) => {
    const frame = JSON.parse(text);
    if (frame.action !== "create_message") return text;
    proxy.fromService = (text) => text;
    return JSON.stringify({ ...frame, request_id: null });
  };
  const controller = new AbortController();
  const call = vera.send("created anyway", { signal: controller.signal });
  await until(vera, "message", () => received.length >= 1);
  assert.deepEqual(received.map(({ data, mine, requestId }) => [data.seq, mine, requestId]), [[begin + 1, true, null]]);
  controller.abort();
  await assert.rejects(call);
});

for (const code of [4401, 4403]) {
  test(`close code ${code} stops reconnecting`, async (t) => {
    const { proxy, vera } = await inRoom(t);
    proxy.fromClient = () => null;
    const call = vera.list();
    const closed = nextState(vera, "closed");
    proxy.closeWith(code);
    assert.equal((await closed).code, code);
    await assert.rejects(call, { code: "closed" });
    await assert.rejects(vera.list(), { code: "closed" });
    assert.equal(proxy.attempts, 1);
  });
}

test("closed room is reported and left", async (t) => {
  const { proxy, vera } = await inRoom(t);
  const closed = next(vera, "room_closed");
  const detail = { room_pk: 1, reason: "brand_removed" };
  proxy.sendToClients({ errors: [], data: detail, action: "room_closed", response_status: 200, request_id: null });
  assert.deepEqual(await closed, detail);
  assert.equal(vera.room, null);
});

for (const reason of ["restarted", "behind"]) {
  test(`room closed with ${reason} is joined again`, async (t) => {
    const { proxy, vera, oleg } = await inRoom(t);
    const received = collect(vera, "message", "reset", "room_closed");
    await oleg.send("one");
    await until(vera, "message", () => received.length >= 1);
    const { seq, epoch } = vera;
    const sent = collect(vera, "frame");
    proxy.sendToClients({ errors: [], data: { room_pk: 1, reason }, action: "room_closed", response_status: 200, request_id: null });
    await oleg.send("two");
    await vera.send("three");
    assert.deepEqual(received.map(({ type, data }) => [type, data.text]), [["message", "one"], ["message", "two"], ["message", "three"]]);
    const [first] = sent.filter(({ direction }) => direction === "out").map(({ text }) => JSON.parse(text));
    assert.deepEqual([first.action, first.room_pk, first.since_seq, first.epoch], ["join_room", 1, seq, epoch]);
    assert.equal(vera.room, 1);
  });
}

test("refused rejoin closes the room", async (t) => {
  const { proxy, vera } = await inRoom(t);
  await cutOff(proxy, vera);
  const closed = next(vera, "room_closed");
  const call = vera.send("too late");
  call.catch(() => {});
  refuse(proxy, "join_room", { response_status: 403, error_code: "room_forbidden" });
  proxy.refusing = false;
  assert.deepEqual(await closed, { room_pk: 1, reason: "room_forbidden" });
  await assert.rejects(call, { code: "not_in_room" });
  assert.equal((await vera.list()).length, 2);
});

test("rejoin refused with 503 is repeated", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t);
  await cutOff(proxy, vera);
  refuse(proxy, "join_room", { response_status: 503, error_code: "unavailable" });
  const received = next(oleg, "message");
  const call = vera.send("late");
  proxy.refusing = false;
  await call;
  assert.equal((await received).data.text, "late");
});

test("dead connection is noticed by a call", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t, { timeout: 400 });
  const received = collect(vera, "message");
  const alive = proxy.fromClient;
  proxy.fromClient = proxy.fromService = () => null;
  await oleg.send("sent meanwhile");
  const waiting = nextState(vera, "waiting");
  const call = vera.send("hello?");
  assert.equal((await waiting).reason, "no answer in time");
  proxy.fromClient = proxy.fromService = alive;
  await call;
  assert.deepEqual(texts(received), ["sent meanwhile", "hello?"]);
});

test("dead connection is noticed by a listener", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t, { timeout: 400, heartbeat: 200 });
  const alive = proxy.fromClient;
  proxy.fromClient = proxy.fromService = () => null;
  const waiting = nextState(vera, "waiting");
  const received = next(vera, "message");
  await oleg.send("sent meanwhile");
  await waiting;
  proxy.fromClient = proxy.fromService = alive;
  assert.equal((await received).data.text, "sent meanwhile");
});

test("repeated event is delivered once", async (t) => {
  const { proxy, vera, oleg } = await inRoom(t);
  const received = collect(vera, "message");
  proxy.fromService = (text) => {
    const frame = JSON.parse(text);
    if (frame.action === "create_message") setImmediate(() => proxy.sendToClients(frame));
    return text;
  };
  await oleg.send("one");
  await oleg.send("two");
  await until(vera, "message", () => received.length >= 2);
  await vera.send("three");
  assert.deepEqual(texts(received), ["one", "two", "three"]);
});

test("response to repeated message is no event", async (t) => {
  const { proxy, vera } = await inRoom(t);
  const received = collect(vera, "message");
  let live;
  proxy.fromService = (text) => {
    live = JSON.parse(text);
    return JSON.stringify({ ...live, response_status: 200 });
  };
  const written = await vera.send("once");
  assert.deepEqual(received, []);
  const event = next(vera, "message");
  proxy.sendToClients(live);
  assert.deepEqual([(await event).data.id, (await event).mine], [written.id, true]);
});

test("browser that comes online reconnects at once", async (t) => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  t.after(() => delete globalThis.addEventListener);
  const hour = 3_600_000;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { proxy, vera } = await inRoom(t, { minDelay: hour, maxDelay: hour });
  await cutOff(proxy, vera);
  proxy.refusing = false;
  const first = next(vera, "frame", ({ direction }) => direction === "out");
  page.dispatchEvent(new Event("online"));
  await vera.list();
  assert.equal(JSON.parse((await first).text).action, "join_room", "the room is joined first");

  // It does not connect a second time when the delay would have ended.
  const states = collect(vera, "state");
  t.mock.timers.tick(2 * hour);
  await vera.list();
  assert.deepEqual(states, []);

  // If it is connected, it tests the connection.
  const request = next(vera, "frame", ({ direction }) => direction === "out");
  page.dispatchEvent(new Event("online"));
  assert.equal(JSON.parse((await request).text).action, "list");
  vera.close();
  page.dispatchEvent(new Event("online"));
  assert.equal(vera.state, "closed");
});
