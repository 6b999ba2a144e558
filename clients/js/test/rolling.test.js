import assert from "node:assert/strict";
import { test } from "node:test";
import { freePorts, nginx } from "./nginx.js";
import { ADMIN, client, collect, database, NINA, OLEG, serve, TIMUR, until, VERA } from "./service.js";

const MEMBERS = [[VERA, 1], [OLEG, 1], [ADMIN, 1], [NINA, 2], [TIMUR, 2], [TIMUR, 3], [VERA, 3]];

/** A client can miss at most 500 events without a reset, so no writer gets that far ahead. */
const MAX_AHEAD = 200;

/** A client in a room, with all events and results it got. */
async function joinRoom(t, url, user, room, name) {
  const chat = client(t, url, user, { admin: user === ADMIN });
  const person = {
    chat, room, name,
    written: [],
    received: collect(chat, "message"),
    states: collect(chat, "state"),
    problems: collect(chat, "error", "reset", "room_closed"),
  };
  ({ last_seq: person.begin } = await chat.join(room));
  return person;
}

/** Writes all the time until `stop`, but never too far ahead of the others in the room. */
async function write({ chat, name, written }, others, stop) {
  while (!stop.aborted) {
    await until(chat, "message", () => chat.seq - Math.min(...others.map((other) => other.chat.seq)) < MAX_AHEAD);
    written.push(await chat.send(`${name}: ${written.length}`));
  }
}

/** Resolves when every client has written three more messages, and so is connected. */
function allHaveWritten(people) {
  return Promise.all(people.map(({ chat, written }) => {
    const goal = written.length + 3;
    return until(chat, "message", () => written.length >= goal);
  }));
}

/** Resolves when nginx leads a new connection to the process on this port again. */
async function reached(t, front, port) {
  for (;;) {
    const chat = client(t, front, VERA);
    await chat.list();
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    chat.close();
    if (/^aftermatch_connections\{.*\} [1-9]/m.test(metrics)) return;
  }
}

async function history({ chat, begin }) {
  const stored = [];
  for (let after = begin; after !== null; ) {
    const page = await chat.history({ after, limit: 100 });
    stored.push(...page.results);
    after = page.next_after_seq;
  }
  return stored;
}

const describe = ({ seq, id, text }) => `${seq}: message ${id}, “${text}”`;

/** Compares, and on failure shows only a few entries from the first difference on. */
function assertSame(actual, expected, label) {
  const first = expected.findIndex((each, n) => each !== actual[n]);
  const few = (all) => all.slice(first < 0 ? expected.length : first).slice(0, 5);
  assert.deepEqual(few(actual), few(expected), label);
}

test("rolling restart loses no message", async (t) => {
  const url = await database(t);
  const ports = await freePorts(3);
  const start = (port) => serve(t, { port, database: url, flags: ["--drain-time", "200ms"] });
  const services = await Promise.all(ports.map(start));
  const front = await nginx(t, ports);
  const people = await Promise.all(
    [1, 2, 3].flatMap((n) => MEMBERS.map(([user, room]) => joinRoom(t, front, user, room, `${user} in ${room}, ${n}`))),
  );
  const inRoom = (room) => people.filter((person) => person.room === room);

  const stop = new AbortController();
  const writing = Promise.all(people.map((person) => write(person, inRoom(person.room), stop.signal)));
  const replacing = (async () => {
    for (const [n, service] of services.entries()) {
      await allHaveWritten(people);
      assert.equal(await service.drain(), 0);
      services[n] = await start(service.port);
      await reached(t, front, service.port);
    }
    await allHaveWritten(people);
  })();
  await Promise.race([writing, replacing]);
  stop.abort();
  await writing;

  for (const room of [1, 2, 3]) {
    const members = inRoom(room);
    const written = members.flatMap((person) => person.written).sort((a, b) => a.seq - b.seq);
    await Promise.all(members.map(({ chat }) => until(chat, "message", () => chat.seq >= written.at(-1).seq)));
    const expected = written.map(describe);
    assertSame((await history(members[0])).map(describe), expected, `stored in room ${room}`);
    for (const { name, received, written: own } of members) {
      assertSame(received.map(({ data }) => describe(data)), expected, `received by ${name}`);
      assertSame(own.map(({ text }) => text), own.map((_, n) => `${name}: ${n}`), `results of ${name}`);
    }
  }
  for (const { name, states, problems } of people) {
    assert.deepEqual(problems, [], name);
    const waits = states.filter(({ state }) => state === "waiting");
    assert.ok(waits.length > 0, `${name} had to reconnect`);
    assert.deepEqual(waits.filter(({ code, refused }) => code !== 1001 || refused), [], name);
  }
});
