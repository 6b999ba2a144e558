import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "./proxy.js";
import { ADMIN, client, collect, database, next, nextState, OLEG, serve, TIMUR, VERA } from "./service.js";

const EVERYTHING = { rooms: true, typing: true, presence: true, readPositions: true };

/** Resolves when the condition holds. */
async function eventually(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("follow returns what is in force, and limits", async (t) => {
  const { url } = await serve(t, { flags: ["--max-text-chars", "77"] });
  const vera = client(t, url, VERA);
  const first = await vera.follow({ rooms: true, typing: true });
  assert.deepEqual([first.rooms, first.typing, first.presence, first.read_positions], [true, true, false, false]);
  assert.equal(first.limits.text_chars, 77);
  assert.equal((await vera.follow({ typing: false })).rooms, true);
  await assert.rejects(vera.follow({ rooms: [1] }), { status: 400, code: "invalid_parameter" });
  const admin = client(t, url, ADMIN, { admin: true });
  assert.deepEqual((await admin.follow({ rooms: [2] })).rooms, [2]);
});

test("follower receives rooms that are not joined", async (t) => {
  const { url } = await serve(t);
  const [vera, oleg] = [client(t, url, VERA), client(t, url, OLEG)];
  await vera.follow({ rooms: true });
  await Promise.all([vera.join(3), oleg.join(1)]);
  const changed = next(vera, "roomchanged");
  const { seq } = await oleg.send("in the other room");
  const { room_pk, last_seq, unread, last_message } = await changed;
  assert.deepEqual([room_pk, last_seq, last_message.text], [1, seq, "in the other room"]);
  const [listed] = await vera.list();
  assert.deepEqual([listed.last_seq, listed.unread], [last_seq, unread]);
  assert.equal(vera.seq, 3, "numbers of another room do not count");
});

test("typing, presence and read positions arrive", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  await vera.follow(EVERYTHING);
  const joined = await vera.join(1);
  assert.deepEqual([joined.online, joined.read_positions], [[11], []]);
  const came = next(vera, "presence");
  const oleg = client(t, url, OLEG);
  await oleg.join(1);
  assert.deepEqual(await came, { brand_id: 12, online: true });

  const seen = collect(vera, "typing", "read");
  oleg.typing();
  await eventually(() => seen.length === 1);
  await oleg.markRead(joined.last_seq);
  await eventually(() => seen.length === 2);
  const { seq } = await oleg.send("done");
  await eventually(() => seen.length === 3);
  assert.deepEqual(seen, [
    { type: "typing", room_pk: 1, user_ids: [OLEG] },
    { type: "read", room_pk: 1, user_id: OLEG, seq: joined.last_seq },
    { type: "typing", room_pk: 1, user_ids: [] },
  ]);

  await oleg.markRead(seq, { private: true });
  await oleg.send("after a private mark");
  await eventually(() => vera.seq === seq + 1);
  assert.equal(seen.length, 3);
  const went = next(vera, "presence");
  oleg.close();
  const { last_seen, ...gone } = await went;
  assert.deepEqual(gone, { brand_id: 12, online: false });
  assert.ok(Math.abs(Date.parse(last_seen) - Date.now()) < 10_000);
});

test("rooms that come and go are events", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const vera = client(t, proxy.url, VERA);
  await vera.follow({ rooms: true });
  const seen = collect(vera, "roomadded", "roomremoved");
  const deliver = (action, data) =>
    proxy.sendToClients({ errors: [], data, action, response_status: 200, request_id: null });
  const added = { pk: 7, participants: [], has_business: false, id: 7, last_seq: 0, unread: 0, last_message: null };
  deliver("room_added", added);
  deliver("room_removed", { room_pk: 7, reason: "brand_removed" });
  await eventually(() => seen.length === 2);
  assert.deepEqual(seen, [
    { type: "roomadded", ...added },
    { type: "roomremoved", room_pk: 7, reason: "brand_removed" },
  ]);
});

test("typing is sent rarely and never fails", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const sent = [];
  vera.addEventListener("frame", ({ detail: { direction, text } }) => direction === "out" && sent.push(JSON.parse(text).action));
  assert.equal(vera.typing(), undefined);
  await vera.list();
  vera.typing();
  await vera.join(1);
  for (let letter = 0; letter < 10; letter++) vera.typing();
  await vera.send("a word");
  vera.typing();
  await vera.join(3);
  vera.typing();
  const admin = client(t, url, ADMIN, { admin: true });
  await admin.join(2);
  admin.typing();
  await admin.list();
  await vera.list();
  assert.deepEqual(sent, ["list", "join_room", "typing", "create_message", "typing", "join_room", "typing", "list"]);
});

test("lean join leaves the room out, also after a reconnect", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const vera = client(t, proxy.url, VERA);
  await vera.join(1, { lean: true });
  const received = collect(vera, "message");
  assert.equal((await vera.send("one")).room, undefined);
  proxy.cut();
  await vera.send("two");
  assert.deepEqual(received.map(({ data }) => [data.room_id, data.room]), [[1, undefined], [1, undefined]]);
});

test("client follows again before it joins again", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const [vera, oleg] = [client(t, proxy.url, VERA), client(t, proxy.url, OLEG)];
  await vera.follow({ rooms: true, typing: true });
  await vera.follow({ typing: false, presence: true });
  await Promise.all([vera.join(3), oleg.join(1)]);
  const refreshed = collect(vera, "refresh");
  const rejoined = collect(vera, "rejoined");
  const requests = [];
  vera.addEventListener("frame", ({ detail: { direction, text } }) => direction === "out" && requests.push(JSON.parse(text)));
  for (let cut = 1; cut <= 3; cut++) {
    requests.length = 0;
    const refresh = next(vera, "refresh");
    proxy.cut();
    const { rooms, typing, presence } = await refresh;
    assert.deepEqual([rooms, typing, presence], [true, false, true]);
    await vera.list();
    assert.deepEqual([rejoined.at(-1).pk, rejoined.at(-1).resumed], [3, true]);
    assert.ok(rejoined.at(-1).online.includes(11));
    assert.deepEqual(requests.map(({ action }) => action), ["follow", "join_room", "list"]);
    const changed = next(vera, "roomchanged", ({ last_message }) => last_message.text === `after cut ${cut}`);
    await oleg.send(`after cut ${cut}`);
    await changed;
  }
  assert.deepEqual([refreshed.length, rejoined.length], [3, 3]);
});

test("first follow is repeated without a refresh", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const vera = client(t, proxy.url, VERA);
  const refreshed = collect(vera, "refresh");
  proxy.fromService = (text) => {
    if (!text.includes('"follow"')) return text;
    proxy.fromService = (same) => same;
    proxy.cut();
    return null;
  };
  assert.equal((await vera.follow({ rooms: true })).rooms, true);
  assert.deepEqual(refreshed, []);
});

test("rooms that can no longer be followed are an error", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const admin = client(t, proxy.url, ADMIN, { admin: true });
  await admin.follow({ rooms: [1] });
  const failed = next(admin, "error");
  proxy.fromService = (text) => {
    const response = JSON.parse(text);
    if (response.action !== "follow") return text;
    return JSON.stringify({ ...response, data: null, response_status: 404, error_code: "room_not_found", errors: ["no such room"] });
  };
  proxy.cut();
  assert.equal((await failed).code, "room_not_found");
  assert.equal((await admin.list()).length, 3);

  proxy.fromService = (text) => (text.includes('"follow"') ? null : text);
  const errors = collect(admin, "error");
  const open = nextState(admin, "open");
  proxy.cut();
  await open;
  admin.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(errors, [], "to close the client is no error");
});

test("rate limit does not repeat typing", async (t) => {
  const { url } = await serve(t, { flags: ["--max-requests-per-second", "1"] });
  const vera = client(t, url, VERA);
  await vera.join(1);
  await Promise.all([vera.list(), vera.list(), vera.list()]);
  const frames = collect(vera, "frame");
  vera.typing();
  await vera.list();
  const typing = frames.filter(({ text }) => text.includes('"typing"')).map(({ text }) => JSON.parse(text).response_status);
  assert.deepEqual(typing, [undefined, 429]);
});

test("followers of two processes receive each other", async (t) => {
  const url = await database(t);
  const [one, other] = [await serve(t, { database: url }), await serve(t, { database: url })];
  const [vera, oleg, timur] = [client(t, one.url, VERA), client(t, other.url, OLEG), client(t, other.url, TIMUR)];
  await Promise.all([vera.follow(EVERYTHING), timur.follow(EVERYTHING)]);
  await Promise.all([vera.join(1), oleg.join(1), timur.join(3)]);
  const changed = next(vera, "roomchanged", ({ last_message }) => last_message.text === "from the other process");
  await timur.send("from the other process");
  assert.equal((await changed).room_pk, 3);
  const typing = next(vera, "typing");
  oleg.typing();
  assert.deepEqual(await typing, { room_pk: 1, user_ids: [OLEG] });

  const waiting = nextState(vera, "waiting");
  await one.drain();
  await waiting;
  await timur.send("while there was no process");
  const refresh = next(vera, "refresh");
  await serve(t, { port: one.port, database: url });
  await refresh;
  const rooms = await vera.list();
  assert.equal(rooms.find(({ pk }) => pk === 3).last_message.text, "while there was no process");
});
