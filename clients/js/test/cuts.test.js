import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "./proxy.js";
import { client, collect, next, nextState, OLEG, serve, until, VERA } from "./service.js";

/** Vera, behind a proxy, and Oleg, connected directly, in room 1. */
async function two(t, options) {
  const service = await serve(t);
  const proxy = await Proxy.start(t, service);
  const [vera, oleg] = [client(t, proxy.url, VERA, options), client(t, service.url, OLEG)];
  const [{ last_seq: begin }] = await Promise.all([vera.join(1), oleg.join(1)]);
  return { service, proxy, vera, oleg, begin };
}

/** Cuts the wire, and keeps it cut until `comeBack`. */
async function sendAway(proxy, chat) {
  proxy.away = true;
  const waiting = nextState(chat, "waiting");
  proxy.cut();
  await waiting;
}

const texts = (changes) => changes.map(({ data }) => data.text);

/** Loses the first frame with `action`, and cuts the wire there. */
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

/** Answers the first request with `action` in the service's name, which does not get to hear of it. */
function refuse(proxy, action, refusal) {
  proxy.fromClient = (text) => {
    const request = JSON.parse(text);
    if (request.action !== action) return text;
    proxy.fromClient = (text) => text;
    proxy.say({ errors: ["no"], data: null, action, request_id: request.request_id, ...refusal });
    return null;
  };
}

test("cuts in the middle of a burst lose and double nothing", async (t) => {
  const { proxy, service, vera, oleg, begin } = await two(t);
  const listeners = await Proxy.start(t, service);
  const listener = client(t, listeners.url, OLEG);
  await listener.join(1);
  const everyone = [vera, oleg, listener];
  const heard = everyone.map((chat) => collect(chat, "message"));
  const waits = everyone.map((chat) => collect(chat, "state"));

  // Each direction of each wire is cut at another rhythm, before the frame or behind it.
  const rhythm = (which, every) => {
    let frames = 0;
    return (text) => {
      frames += 1;
      if (frames % every !== 0) return text;
      if (frames % 2 === 0) which.cut();
      else setImmediate(() => which.cut());
      return text;
    };
  };
  proxy.fromClient = rhythm(proxy, 13);
  proxy.fromService = rhythm(proxy, 22);
  listeners.fromService = rhythm(listeners, 17);

  const veras = Array.from({ length: 60 }, (_, n) => `vera ${n}`);
  const olegs = Array.from({ length: 60 }, (_, n) => `oleg ${n}`);
  const answers = Promise.all([...veras.map((text) => vera.send(text)), ...olegs.map((text) => oleg.send(text))]);
  const complete = everyone.map((chat, n) => until(chat, "message", () => heard[n].length >= 120));
  const written = await answers;
  await Promise.all(complete);
  for (const proxied of [proxy, listeners]) {
    proxied.fromClient = proxied.fromService = (text) => text;
  }

  const kept = [];
  for (let after = begin; after !== null; ) {
    const page = await oleg.history({ after, limit: 100 });
    kept.push(...page.results.map(({ text }) => text));
    after = page.next_after_seq;
  }
  assert.equal(kept.length, 120);
  for (const changes of heard) {
    assert.deepEqual(texts(changes), kept);
    assert.deepEqual(changes.map(({ data }) => data.seq), kept.map((_, n) => begin + 1 + n));
  }
  assert.deepEqual(written.map(({ text }) => text), [...veras, ...olegs]);
  assert.deepEqual(kept.filter((text) => text.startsWith("vera")), veras);
  assert.deepEqual(kept.filter((text) => text.startsWith("oleg")), olegs);
  const isMine = (author) => ({ data, mine }) => mine === data.text.startsWith(author);
  assert.ok(heard[0].every(isMine("vera")));
  assert.ok(heard[1].every(isMine("oleg")));
  assert.ok(heard[2].every(({ mine }) => !mine));
  const lost = waits.map((states) => states.filter(({ state }) => state === "waiting").length);
  assert.ok(lost[0] >= 3 && lost[2] >= 3, `cut ${lost[0]} and ${lost[2]} times`);
  assert.equal(lost[1], 0);
});

test("what is sent while away arrives once, in order", async (t) => {
  const { proxy, vera, oleg } = await two(t);
  const heard = collect(oleg, "message");
  await sendAway(proxy, vera);
  const calls = ["one", "two", "three"].map((text) => vera.send(text));
  assert.notEqual(vera.state, "open");
  proxy.away = false;
  const written = await Promise.all(calls);
  assert.deepEqual(written.map(({ text }) => text), ["one", "two", "three"]);
  await until(oleg, "message", () => heard.length >= 3);
  await vera.send("four");
  await until(oleg, "message", () => heard.length >= 4);
  assert.deepEqual(texts(heard), ["one", "two", "three", "four"]);
});

test("a message whose answer was lost is there once", async (t) => {
  const { proxy, vera, oleg, begin } = await two(t);
  const heard = collect(vera, "message");
  cutAt(proxy, "fromService", "create_message");
  const written = await vera.send("once");
  assert.equal(written.seq, begin + 1);
  assert.deepEqual(heard.map(({ data, mine, replay }) => [data.id, mine, replay]), [[written.id, true, true]]);
  const { results } = await oleg.history({ after: begin });
  assert.deepEqual(results.map(({ text }) => text), ["once"]);
});

test("what happened meanwhile is told as a replay, and then goes on", async (t) => {
  const { proxy, vera, oleg } = await two(t);
  const [edited, gone] = [await oleg.send("to be edited"), await oleg.send("to be deleted")];
  await vera.list();
  const heard = collect(vera, "message", "edit", "delete", "reset");
  await sendAway(proxy, vera);
  await oleg.edit(edited.id, "better");
  await oleg.delete(gone.id);
  await oleg.send("new");
  proxy.away = false;
  await until(vera, "message", () => heard.length >= 3);
  await oleg.send("live");
  await until(vera, "message", () => heard.length >= 4);
  assert.deepEqual(heard.map(({ type, replay, mine }) => [type, replay, mine]), [
    ["edit", true, false], ["delete", true, false], ["message", true, false], ["message", false, false],
  ]);
  assert.equal(heard[0].data.message_text, "better");
  assert.deepEqual(heard[1].data.messages_ids, [gone.id]);
  assert.deepEqual(texts(heard.slice(2)), ["new", "live"]);
});

test("a room can be resumed by another client, from a number", async (t) => {
  const { service, vera, oleg, begin } = await two(t);
  await oleg.send("missed");
  vera.close();
  const later = client(t, service.url, VERA);
  const heard = next(later, "message");
  const room = await later.join(1, { sinceSeq: begin });
  assert.equal(room.resumed, true);
  assert.deepEqual([(await heard).data.text, (await heard).replay], ["missed", true]);
});

test("what is too much to be told is a reset", async (t) => {
  const { proxy, vera, oleg } = await two(t);
  await sendAway(proxy, vera);
  await Promise.all(Array.from({ length: 501 }, (_, n) => oleg.send(`${n}`)));
  const heard = collect(vera, "message");
  const reset = next(vera, "reset");
  proxy.away = false;
  assert.deepEqual(await reset, { room_pk: 1, last_seq: oleg.seq });
  await oleg.send("live");
  await until(vera, "message", () => heard.length >= 1);
  assert.deepEqual(texts(heard), ["live"]);
});

for (const direction of ["fromClient", "fromService"]) {
  const what = direction === "fromClient" ? "request" : "answer";

  test(`an edit whose ${what} was lost is made`, async (t) => {
    const { proxy, vera, oleg } = await two(t);
    const { id, seq } = await vera.send("Jly");
    cutAt(proxy, direction, "edit_message");
    const edited = await vera.edit(id, "July");
    assert.equal(edited.message_text, "July");
    const { results } = await oleg.history({ after: seq - 1 });
    assert.deepEqual(results.map(({ text }) => text), ["July"]);
  });

  test(`a deletion whose ${what} was lost is made`, async (t) => {
    const { proxy, vera, oleg } = await two(t);
    const { id, seq } = await vera.send("oops");
    const heard = next(vera, "delete");
    cutAt(proxy, direction, "delete_messages");
    const deleted = await vera.delete([id]);
    assert.deepEqual(deleted.messages_ids, [id]);
    assert.deepEqual((await heard).data.messages_ids, [id]);
    assert.deepEqual((await oleg.history({ after: seq - 1 })).results, []);
    await assert.rejects(vera.delete([id]), { code: "message_not_found" });
  });

  test(`reads whose ${what} was lost are made again, and so are joins`, async (t) => {
    const { proxy, vera } = await two(t);
    cutAt(proxy, direction, "get_room_messages");
    assert.equal((await vera.history({ limit: 2 })).results.length, 2);
    cutAt(proxy, direction, "list");
    assert.equal((await vera.list()).length, 2);
    cutAt(proxy, direction, "join_room");
    assert.equal((await vera.join(3)).pk, 3);
    assert.equal(vera.room, 3);
  });
}

test("an aborted call whose connection breaks is not repeated", async (t) => {
  const { proxy, vera, begin } = await two(t);
  const lost = cutAt(proxy, "fromClient", "create_message");
  const controller = new AbortController();
  const given = vera.send("given up", { signal: controller.signal });
  controller.abort();
  await assert.rejects(given, { name: "AbortError" });
  await lost;
  await vera.send("kept");
  const { results } = await vera.history({ after: begin });
  assert.deepEqual(results.map(({ text }) => text), ["kept"]);
});

test("a message that the service could not take right now is sent again", async (t) => {
  const { proxy, vera, begin } = await two(t);
  refuse(proxy, "create_message", { response_status: 503, error_code: "unavailable" });
  const [one, two_] = await Promise.all([vera.send("one"), vera.send("two")]);
  assert.deepEqual([one.seq, two_.seq], [begin + 1, begin + 2]);
});

test("a deletion that was made in spite of a 503 counts as done", async (t) => {
  const { proxy, vera } = await two(t);
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

test("a change that nobody asked for is told to its author as theirs", async (t) => {
  const { proxy, vera, begin } = await two(t);
  const heard = collect(vera, "message");
  proxy.fromService = (text) => {
    const frame = JSON.parse(text);
    if (frame.action !== "create_message") return text;
    proxy.fromService = (text) => text;
    return JSON.stringify({ ...frame, request_id: null });
  };
  const controller = new AbortController();
  const call = vera.send("kept after all", { signal: controller.signal });
  await until(vera, "message", () => heard.length >= 1);
  assert.deepEqual(heard.map(({ data, mine, requestId }) => [data.seq, mine, requestId]), [[begin + 1, true, null]]);
  controller.abort();
  await assert.rejects(call);
});

for (const code of [4401, 4403]) {
  test(`after ${code} the client does not come back`, async (t) => {
    const { proxy, vera } = await two(t);
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

test("a room that is closed is told, and nothing is sent into it", async (t) => {
  const { proxy, vera } = await two(t);
  const closed = next(vera, "room_closed");
  const detail = { room_pk: 1, reason: "brand_removed" };
  proxy.say({ errors: [], data: detail, action: "room_closed", response_status: 200, request_id: null });
  assert.deepEqual(await closed, detail);
  assert.equal(vera.room, null);
});

test("a room that cannot be joined again is closed, and what waited for it fails", async (t) => {
  const { proxy, vera } = await two(t);
  await sendAway(proxy, vera);
  const closed = next(vera, "room_closed");
  const call = vera.send("too late");
  call.catch(() => {});
  refuse(proxy, "join_room", { response_status: 403, error_code: "room_forbidden" });
  proxy.away = false;
  assert.deepEqual(await closed, { room_pk: 1, reason: "room_forbidden" });
  await assert.rejects(call, { code: "not_in_room" });
  assert.equal((await vera.list()).length, 2);
});

test("a room that cannot be joined again right now is joined a little later", async (t) => {
  const { proxy, vera, oleg } = await two(t);
  await sendAway(proxy, vera);
  refuse(proxy, "join_room", { response_status: 503, error_code: "unavailable" });
  const heard = next(oleg, "message");
  const call = vera.send("late");
  proxy.away = false;
  await call;
  assert.equal((await heard).data.text, "late");
});

test("a connection that died without a word is noticed by a call", async (t) => {
  const { proxy, vera, oleg } = await two(t, { timeout: 400 });
  const heard = collect(vera, "message");
  const alive = proxy.fromClient;
  proxy.fromClient = proxy.fromService = () => null;
  await oleg.send("said into the void");
  const waiting = nextState(vera, "waiting");
  const call = vera.send("hello?");
  assert.equal((await waiting).reason, "no answer in time");
  proxy.fromClient = proxy.fromService = alive;
  await call;
  assert.deepEqual(texts(heard), ["said into the void", "hello?"]);
});

test("a connection that died without a word is noticed by who only listens", async (t) => {
  const { proxy, vera, oleg } = await two(t, { timeout: 400, heartbeat: 200 });
  const alive = proxy.fromClient;
  proxy.fromClient = proxy.fromService = () => null;
  const waiting = nextState(vera, "waiting");
  const heard = next(vera, "message");
  await oleg.send("said into the void");
  await waiting;
  proxy.fromClient = proxy.fromService = alive;
  assert.equal((await heard).data.text, "said into the void");
});

test("a change that comes twice is told once", async (t) => {
  const { proxy, vera, oleg } = await two(t);
  const heard = collect(vera, "message");
  proxy.fromService = (text) => {
    const frame = JSON.parse(text);
    if (frame.action === "create_message") setImmediate(() => proxy.say(frame));
    return text;
  };
  await oleg.send("one");
  await oleg.send("two");
  await until(vera, "message", () => heard.length >= 2);
  await vera.send("three");
  assert.deepEqual(texts(heard), ["one", "two", "three"]);
});

test("the second answer to a message that was sent twice is no change", async (t) => {
  const { proxy, vera } = await two(t);
  const heard = collect(vera, "message");
  let live;
  proxy.fromService = (text) => {
    live = JSON.parse(text);
    return JSON.stringify({ ...live, response_status: 200 });
  };
  const written = await vera.send("once");
  assert.deepEqual(heard, []);
  const told = next(vera, "message");
  proxy.say(live);
  assert.deepEqual([(await told).data.id, (await told).mine], [written.id, true]);
});

test("a browser that is online again does not wait", async (t) => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  t.after(() => delete globalThis.addEventListener);
  const hour = 3_600_000;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { proxy, vera } = await two(t, { minDelay: hour, maxDelay: hour });
  await sendAway(proxy, vera);
  proxy.away = false;
  const first = next(vera, "frame", ({ direction }) => direction === "out");
  page.dispatchEvent(new Event("online"));
  await vera.list();
  assert.equal(JSON.parse((await first).text).action, "join_room", "the seat is taken before anything else");

  // Nor does it come back a second time when the pause would have been over.
  const states = collect(vera, "state");
  t.mock.timers.tick(2 * hour);
  await vera.list();
  assert.deepEqual(states, []);

  // Where it is connected already, it looks whether the connection is still good.
  const asked = next(vera, "frame", ({ direction }) => direction === "out");
  page.dispatchEvent(new Event("online"));
  assert.equal(JSON.parse((await asked).text).action, "list");
  vera.close();
  page.dispatchEvent(new Event("online"));
  assert.equal(vera.state, "closed");
});
