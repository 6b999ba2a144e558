import assert from "node:assert/strict";
import { test } from "node:test";
import { AftermatchError } from "aftermatch";
import { ADMIN, client, collect, next, nextState, NINA, OLEG, serve, token, until, VERA } from "./service.js";

test("two users chat, edit and delete", async (t) => {
  const { url } = await serve(t);
  const [vera, oleg] = [client(t, url, VERA), client(t, url, OLEG)];
  const room = await vera.join(1);
  assert.equal(room.pk, 1);
  assert.equal(vera.room, 1);
  await oleg.join(1);
  const [veras, olegs] = [vera, oleg].map((chat) => collect(chat, "message", "edit", "delete"));

  const written = await vera.send("Thursday?");
  assert.equal(written.text, "Thursday?");
  assert.equal(written.seq, room.last_seq + 1);
  await vera.edit(written.id, "Friday?");
  const answer = await oleg.send("Friday!");
  const deleted = await vera.delete(written.id);
  assert.deepEqual(deleted.messages_ids, [written.id]);

  await until(oleg, "delete", () => olegs.length === 4);
  assert.deepEqual(veras.map(({ type, mine }) => [type, mine]), [
    ["message", true], ["edit", true], ["message", false], ["delete", true],
  ]);
  assert.deepEqual(olegs.map(({ type, mine }) => [type, mine]), [
    ["message", false], ["edit", false], ["message", true], ["delete", false],
  ]);
  assert.deepEqual(olegs.map(({ data }) => data), veras.map(({ data }) => data));
  assert.ok(olegs.every(({ replay }) => !replay));
  assert.equal(oleg.seq, deleted.seq);

  const { results, last_seq } = await vera.history({ after: room.last_seq });
  assert.deepEqual(results.map(({ id, text }) => [id, text]), [[answer.id, "Friday!"]]);
  assert.equal(last_seq, deleted.seq);
});

test("read calls return data", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  assert.deepEqual((await vera.list()).map(({ pk }) => pk), [1, 3]);
  assert.deepEqual((await vera.list({ limit: 5, afterPk: 1 })).map(({ pk }) => pk), [3]);
  await vera.join(1);
  assert.equal((await vera.roomInfo()).pk, 1);
  const newest = await vera.history({ limit: 1 });
  const before = await vera.history({ before: newest.next_before_seq, limit: 2 });
  assert.equal(before.results.length, 2);
  assert.ok(before.results[1].seq < newest.results[0].seq);
  assert.deepEqual(await vera.markRead(newest.last_seq), { room_id: 1, seq: newest.last_seq });
  assert.equal((await vera.list())[0].unread, 0);
  await vera.leave();
  assert.equal(vera.room, null);
});

test("search returns messages with words", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  await vera.join(1);
  const sent = [];
  for (const text of ["Searched: ПЕРВОЕ", "searched", "Searched: второе"]) sent.push(await vera.send(text));
  const ids = ({ results }) => results.map(({ id }) => id);
  const newest = await vera.search("SEARCHED", { limit: 2 });
  assert.deepEqual(ids(newest), [sent[2].id, sent[1].id]);
  assert.equal(newest.next_before_seq, sent[1].seq);
  const older = await vera.search("searched", { beforeSeq: newest.next_before_seq });
  assert.deepEqual(ids(older), [sent[0].id]);
  assert.equal(older.next_before_seq, null);
  assert.deepEqual(ids(await vera.search("первое searched")), [sent[0].id]);
  await assert.rejects(vera.search("?!"), { status: 400, code: "text_blank" });
});

test("administrator reads what was edited and deleted", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const admin = client(t, url, ADMIN, { admin: true });
  await vera.join(1);
  await admin.join(1);
  const { id, seq } = await vera.send("Thursday?");
  await vera.edit(id, "Friday?");
  await admin.delete(id, { reason: " spam " });
  const { results, next_before_seq } = await admin.messageHistory(id);
  assert.deepEqual(
    results.map(({ seq, kind, text, reason }) => [seq, kind, text, reason]),
    [[seq, "created", "Thursday?", null], [seq + 1, "edited", "Friday?", null], [seq + 2, "deleted", null, "spam"]],
  );
  assert.equal(next_before_seq, null);
  const newest = await admin.messageHistory(id, { limit: 1 });
  assert.equal(newest.next_before_seq, seq + 2);
  const audit = await admin.audit({ limit: 1 });
  assert.deepEqual(audit.results.map(({ messages }) => messages), [[{ id, text: "Friday?", missing: null }]]);
  const before = await admin.audit({ beforeSeq: audit.next_before_seq ?? seq + 2, limit: 1 });
  assert.equal(before.results[0].messages[0].text, "Thursday?");
  await assert.rejects(vera.messageHistory(id), { status: 405, code: "unknown_action" });
  await assert.rejects(vera.audit(), { status: 405, code: "unknown_action" });
});

test("refusal has status, code and sentences", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const refused = (call, status, code) =>
    assert.rejects(call, (error) => {
      assert.ok(error instanceof AftermatchError);
      assert.deepEqual([error.status, error.code], [status, code]);
      assert.equal(error.message, error.errors[0]);
      return true;
    });
  await refused(vera.send("to nobody"), 400, "not_in_room");
  await refused(vera.join(2), 403, "room_forbidden");
  await vera.join(1);
  await refused(vera.send("  "), 400, "text_blank");
  await refused(vera.edit(999, "x"), 404, "message_not_found");
  await refused(vera.delete([999]), 404, "message_not_found");
  await vera.send("one", { clientMsgId: "my-1" });
  await refused(vera.send("another", { clientMsgId: "my-1" }), 409, "client_msg_id_taken");
  const admin = client(t, url, ADMIN, { admin: true });
  await refused(admin.join(77), 404, "room_not_found");
  await admin.join(2);
  await refused(admin.send("hello"), 403, "business_required");
  await refused(admin.roomInfo(), 405, "unknown_action");
});

test("own client_msg_id creates one message", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  await vera.join(1);
  const received = collect(vera, "message");
  const first = await vera.send("stored over a reload", { clientMsgId: "outbox-1" });
  const again = await vera.send("stored over a reload", { clientMsgId: "outbox-1" });
  assert.equal(again.id, first.id);
  await vera.send("the next one");
  assert.deepEqual(received.map(({ data }) => data.text), ["stored over a reload", "the next one"]);
});

test("call for forbidden room reaches no other", async (t) => {
  const { url } = await serve(t);
  const [vera, oleg] = [client(t, url, VERA), client(t, url, OLEG)];
  await Promise.all([vera.join(1), oleg.join(1)]);
  const received = next(oleg, "message");
  const calls = [vera.join(2), vera.send("for room 2")];
  for (const call of calls) call.catch(() => {});
  await assert.rejects(calls[0], { code: "room_forbidden" });
  await assert.rejects(calls[1], { code: "not_in_room" });
  await vera.send("for room 1");
  assert.equal((await received).data.text, "for room 1");
});

test("calls run in order while connecting", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  assert.equal(vera.state, "connecting");
  const done = [];
  await Promise.all([
    vera.join(3).then(() => done.push("join 3")),
    vera.send("in 3").then(({ room }) => done.push(`send ${room.pk}`)),
    vera.join(1).then(() => done.push("join 1")),
    vera.send("in 1").then(({ room }) => done.push(`send ${room.pk}`)),
    vera.list().then(() => done.push("list")),
  ]);
  assert.deepEqual(done, ["join 3", "send 3", "join 1", "send 1", "list"]);
});

test("aborted call rejects with its reason", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const room = await vera.join(1);
  const aborted = new Error("aborted");
  await assert.rejects(vera.send("never", { signal: AbortSignal.abort(aborted) }), aborted);

  const controller = new AbortController();
  const first = vera.list();
  const waiting = vera.send("not sent yet", { signal: controller.signal });
  const after = vera.send("sent");
  controller.abort(aborted);
  await assert.rejects(waiting, aborted);
  await Promise.all([first, after]);
  const sent = new AbortController();
  const joining = vera.join(3, { signal: sent.signal });
  sent.abort(aborted);
  await assert.rejects(joining, aborted);
  assert.equal((await vera.list()).length, 2);
  assert.equal(vera.room, 3, "the join was already sent");

  await vera.join(1);
  const { results } = await vera.history({ after: room.last_seq });
  assert.deepEqual(results.map(({ text }) => text), ["sent"]);
});

test("closed client rejects its calls", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  await vera.list();
  const closed = nextState(vera, "closed");
  const call = vera.list();
  vera.close();
  await assert.rejects(call, { code: "closed", status: 0 });
  assert.equal((await closed).code, 1000);
  await assert.rejects(vera.list(), { code: "closed" });

  const never = client(t, url, VERA);
  const states = collect(never, "state");
  const early = never.list();
  never.close();
  await assert.rejects(early, { code: "closed" });
  assert.deepEqual(states.map(({ state }) => state), ["closed"]);

  const controller = new AbortController();
  const oleg = client(t, url, OLEG, { signal: controller.signal });
  await oleg.list();
  const cut = oleg.list();
  controller.abort();
  await assert.rejects(cut, { name: "AbortError" });
  assert.equal(oleg.state, "closed");
  const dead = client(t, url, OLEG, { signal: controller.signal });
  await assert.rejects(dead.list(), { name: "AbortError" });
});

test("frame event has every frame", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const frames = collect(vera, "frame");
  await vera.list();
  assert.deepEqual(frames.map(({ direction }) => direction), ["out", "in"]);
  const [request, response] = frames.map(({ text }) => JSON.parse(text));
  assert.deepEqual([request.action, response.action], ["list", "list"]);
  assert.equal(response.request_id, request.request_id);
  assert.ok(request.request_id.length <= 64);
});

test("too large frame fails alone", async (t) => {
  const { url } = await serve(t, { flags: ["--max-frame-bytes", "2000"] });
  const vera = client(t, url, VERA);
  await vera.join(1);
  const large = vera.send("x".repeat(5000));
  const small = vera.send("small");
  await assert.rejects(large, { code: "frame_too_large" });
  assert.equal((await small).text, "small");
});

test("rate limit delays messages in order", async (t) => {
  const { url } = await serve(t, { flags: ["--max-requests-per-second", "5"] });
  const vera = client(t, url, VERA);
  const frames = collect(vera, "frame");
  await vera.join(1);
  const texts = Array.from({ length: 25 }, (_, n) => `message ${n}`);
  const written = await Promise.all(texts.map((text) => vera.send(text)));
  assert.deepEqual(written.toSorted((a, b) => a.seq - b.seq).map(({ text }) => text), texts);
  assert.ok(frames.some(({ text }) => text.includes("too_many_requests")), "the limit was reached");
});

test("failed token function is called again", async (t) => {
  const { url } = await serve(t);
  let calls = 0;
  const vera = client(t, url, VERA, {
    token: async () => {
      calls += 1;
      if (calls === 1) throw new Error("no token today");
      return token(VERA);
    },
  });
  const failed = next(vera, "error");
  const waiting = nextState(vera, "waiting");
  await vera.list();
  assert.equal((await failed).message, "no token today");
  assert.match((await waiting).reason, /no token today/);
  assert.equal(calls, 2);
});

test("refused client retries with growing delays", async (t) => {
  const { url } = await serve(t);
  let secret = "not.a.token";
  const nina = client(t, url, NINA, { token: () => secret, minDelay: 8, maxDelay: 64 });
  const waits = collect(nina, "state");
  const { delay } = await next(nina, "state", ({ refused }) => refused);
  const pauses = waits.filter(({ state }) => state === "waiting");
  assert.equal(pauses.length, 5);
  pauses.forEach((pause, n) => {
    const longest = Math.min(64, 8 * 2 ** n);
    assert.ok(pause.delay >= longest / 2 && pause.delay <= longest, `pause ${n}: ${pause.delay}`);
    assert.equal(pause.code, 1006);
  });
  assert.ok(delay >= 32);
  secret = token(NINA);
  assert.deepEqual((await nina.list()).map(({ pk }) => pk), [2]);
});

test("origin option is sent", async (t) => {
  const { url } = await serve(t, { flags: ["--allowed-origins", "shop.example.com"] });
  const unknown = client(t, url, VERA);
  assert.equal((await nextState(unknown, "waiting")).code, 1006);
  const known = client(t, url, VERA, { origin: "https://shop.example.com" });
  await known.list();
});

test("createSocket option creates the sockets", async (t) => {
  const { url } = await serve(t);
  const made = [];
  const vera = client(t, "http://unused.example.com/behind/", VERA, {
    createSocket(address, protocols) {
      made.push([address, protocols[0]]);
      return new WebSocket(`${url}/ws/chat`, { protocols, headers: { origin: "http://localhost" } });
    },
  });
  await vera.list();
  assert.deepEqual(made, [["ws://unused.example.com/behind/ws/chat/", "chat"]]);
});

test("restart without data causes a reset", async (t) => {
  const service = await serve(t);
  const vera = client(t, service.url, VERA);
  const { last_seq } = await vera.join(1);
  await vera.send("will be lost");
  const reset = next(vera, "reset");
  await service.stop();
  await serve(t, { port: service.port });
  assert.deepEqual(await reset, { room_pk: 1, last_seq });
  const written = await vera.send("begin again");
  assert.equal(written.seq, last_seq + 1);
  assert.equal(vera.seq, last_seq + 1);
});
