import assert from "node:assert/strict";
import { test } from "node:test";
import { Balancer } from "./balancer.js";
import { ADMIN, client, collect, database, NINA, OLEG, serve, TIMUR, until, VERA } from "./service.js";

const SEATS = [[VERA, 1], [OLEG, 1], [ADMIN, 1], [NINA, 2], [TIMUR, 2], [TIMUR, 3], [VERA, 3]];

/** What a client may miss and still be told is at most 500 changes; nobody gets ahead of it so far. */
const AHEAD = 200;

/** Somebody in a room, with all that they hear and all that was answered to them. */
async function sitDown(t, url, user, room, name) {
  const chat = client(t, url, user, { admin: user === ADMIN });
  const person = {
    chat, room, name,
    written: [],
    heard: collect(chat, "message"),
    states: collect(chat, "state"),
    troubles: collect(chat, "error", "reset", "room_closed"),
  };
  ({ last_seq: person.begin } = await chat.join(room));
  return person;
}

/** Writes without a pause until `over`, though never too far ahead of the others in the room. */
async function write({ chat, name, written }, others, over) {
  while (!over.aborted) {
    await until(chat, "message", () => chat.seq - Math.min(...others.map((other) => other.chat.seq)) < AHEAD);
    written.push(await chat.send(`${name}: ${written.length}`));
  }
}

/** Resolves when everybody has written something since, and so is where they should be. */
function everybodyWrites(people) {
  return Promise.all(people.map(({ chat, written }) => {
    const goal = written.length + 3;
    return until(chat, "message", () => written.length >= goal);
  }));
}

async function history({ chat, begin }) {
  const kept = [];
  for (let after = begin; after !== null; ) {
    const page = await chat.history({ after, limit: 100 });
    kept.push(...page.results);
    after = page.next_after_seq;
  }
  return kept;
}

const brief = ({ seq, id, text }) => `${seq}: message ${id}, “${text}”`;

/** Shows a few from the first that differs on, and not the thousands. */
function assertSame(actual, expected, whose) {
  const first = expected.findIndex((each, n) => each !== actual[n]);
  const few = (all) => all.slice(first < 0 ? expected.length : first).slice(0, 5);
  assert.deepEqual(few(actual), few(expected), whose);
}

test("processes are replaced one after the other, and nobody misses a word", async (t) => {
  const url = await database(t);
  const balancer = await Balancer.start(t);
  const start = async () => {
    const service = await serve(t, { database: url, flags: ["--drain-time", "200ms"] });
    balancer.add(service);
    return service;
  };
  const services = [await start(), await start(), await start()];
  const people = await Promise.all(
    [1, 2, 3].flatMap((n) => SEATS.map(([user, room]) => sitDown(t, balancer.url, user, room, `${user} in ${room}, ${n}`))),
  );
  const inRoom = (room) => people.filter((person) => person.room === room);

  const over = new AbortController();
  const writing = Promise.all(people.map((person) => write(person, inRoom(person.room), over.signal)));
  const replacing = (async () => {
    for (let round = 0; round < 2; round++) {
      for (const [n, service] of services.entries()) {
        await everybodyWrites(people);
        assert.equal(await service.drain(), 0);
        balancer.remove(service);
        services[n] = await start();
      }
    }
    await everybodyWrites(people);
  })();
  await Promise.race([writing, replacing]);
  over.abort();
  await writing;

  for (const room of [1, 2, 3]) {
    const members = inRoom(room);
    const written = members.flatMap((person) => person.written).sort((a, b) => a.seq - b.seq);
    await Promise.all(members.map(({ chat }) => until(chat, "message", () => chat.seq >= written.at(-1).seq)));
    const answered = written.map(brief);
    assertSame((await history(members[0])).map(brief), answered, `what room ${room} keeps`);
    for (const { name, heard, written: own } of members) {
      assertSame(heard.map(({ data }) => brief(data)), answered, `what ${name} heard`);
      assertSame(own.map(({ text }) => text), own.map((_, n) => `${name}: ${n}`), `what ${name} was answered`);
    }
  }
  for (const { name, states, troubles } of people) {
    assert.deepEqual(troubles, [], name);
    const waits = states.filter(({ state }) => state === "waiting");
    assert.ok(waits.length > 0, `${name} was sent away at least once`);
    assert.deepEqual(waits.filter(({ code, refused }) => code !== 1001 || refused), [], name);
  }
});
