// Ids that a JavaScript number cannot hold.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { played } from "./played.js";
import { client, serve } from "./service.js";

const FIRST = 2n ** 53n;

/** Brand 1 shares the room 2^53 with brand 2, and the room after it with brand 3. */
function largeWorld(t) {
  const folder = mkdtempSync(join(tmpdir(), "world-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const users = [1, 2, 3].map((id) => `{"id":${id},"active":true,"admin":false,"profile":{"id":${id}}}`);
  const brands = [1, 2, 3].map((id) => `{"id":${id},"user_id":${id},"tariff":"light","tariff_until":null,"profile":{"id":${id}}}`);
  const rooms = [2n, 3n].map((other) => `{"id":${FIRST + other - 2n},"participants":[1,${other}]}`);
  writeFileSync(join(folder, "world.json"), `{"users":[${users}],"brands":[${brands}],"rooms":[${rooms}],"messages":[]}`);
  return join(folder, "world.json");
}

test("message goes into the room with the large number", async (t) => {
  const { url } = await serve(t, { flags: ["--world", largeWorld(t)] });
  const [one, two, three] = [1, 2, 3].map((user) => client(t, url, user));
  const rooms = await one.list();
  assert.deepEqual(rooms.map(({ pk, id }) => [pk, id]), [[FIRST, FIRST], [FIRST + 1n, FIRST + 1n]]);
  assert.equal((await one.join(rooms[1].pk)).pk, FIRST + 1n);
  assert.equal(one.room, FIRST + 1n);
  await one.send("only for brand 3");
  assert.deepEqual((await three.list()).map(({ last_message: last }) => last?.text), ["only for brand 3"]);
  assert.deepEqual((await two.list()).map(({ last_message: last }) => last), [null]);
  assert.deepEqual((await one.list({ afterPk: FIRST })).map(({ pk }) => pk), [FIRST + 1n]);
});

test("number that may have changed is refused", async (t) => {
  const { url } = await serve(t);
  const chat = client(t, url, 1);
  await assert.rejects(chat.join(2 ** 53), /`room_pk` is too large for a number/);
  await assert.rejects(chat.join(2n ** 53n), { code: "room_forbidden" });
});

test("BigInts that fit a number mean the same", async (t) => {
  const { url } = await serve(t);
  const chat = client(t, url, 1);
  const joined = chat.join(1n);
  const sent = chat.send("after a BigInt");
  assert.equal((await joined).pk, 1);
  const { id } = await sent;
  assert.equal((await chat.edit(BigInt(id), "edited")).message_id, id);
});

test("texts with many digits stay as they are", async (t) => {
  const { chat, open, serve: respond } = played(t);
  await open();
  const texts = ["9007199254740993", '\\"9007199254740993,', "[1,9007199254740993]", 'a"b', "\\"];
  const floats = [0.1234567890123456789, 1e300, -9007199254740991];
  const history = chat.history();
  await respond({ results: texts.map((text) => ({ text })), floats });
  assert.deepEqual(await history, { results: texts.map((text) => ({ text })), floats });
  chat.send(texts.join(" ")).catch(() => {});
  assert.equal((await respond({})).msg_text, texts.join(" "));
});
