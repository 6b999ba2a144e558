// Clients of the three processes of compose.scale.yaml, for `.ci/scale`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { Aftermatch } from "../clients/js/aftermatch.js";

const { VERA, OLEG, CHAT, PROMETHEUS, VICTIM } = process.env;
const PROCESSES = [1, 2, 3].map((n) => `aftermatch-${n}:9000`);
const docker = (...args) => execFileSync("docker", args, { stdio: "ignore" });
setTimeout(() => { throw new Error("this takes too long"); }, 180_000).unref();

const people = [];

async function joined(name, token) {
  const chat = new Aftermatch({ url: CHAT, origin: "http://localhost", token, minDelay: 50, maxDelay: 500 });
  const person = { chat, name, received: [] };
  chat.addEventListener("message", ({ detail }) => person.received.push(detail.data.text));
  await chat.join(1);
  people.push(person);
}

/** Everyone writes, and everyone receives everything, once and in one order. */
async function talk(when) {
  const texts = people.map(({ name }) => `${name}, ${when}`);
  await Promise.all(people.map(({ chat }, n) => chat.send(texts[n])));
  const received = ({ received }) => received.filter((text) => texts.includes(text));
  for (const person of people) while (received(person).length < texts.length) await pause(20);
  for (const person of people) assert.deepEqual(received(person), received(people[0]), person.name);
  assert.deepEqual(received(people[0]).toSorted(), texts.toSorted());
  console.log(`${people.length} clients receive what all write, ${when}`);
}

async function api(path) {
  const response = await fetch(`${PROMETHEUS}/api/v1/${path}`);
  return (await response.json()).data;
}

/** Resolves when the query has a result above 0 for each process, scraped from now on. */
async function everywhere(query) {
  const fresh = `timestamp(up{job="aftermatch"}) > ${Date.now() / 1000}`;
  const whole = encodeURIComponent(`(${query}) > 0 and on (instance) (${fresh})`);
  for (;;) {
    const { result } = await api(`query?query=${whole}`);
    const found = new Set(result.map(({ metric }) => metric.instance));
    if (PROCESSES.every((name) => found.has(name))) break;
    await pause(200);
  }
  console.log(`Prometheus, for each of the three: ${query}`);
}

const CONNECTIONS = "sum by (instance) (aftermatch_connections)";

for (const n of [1, 2, 3]) {
  await joined(`Vera ${n}`, VERA);
  await joined(`Oleg ${n}`, OLEG);
}
await talk("with three processes");
await Promise.all(['up{job="aftermatch"}', "aftermatch_relay_up", CONNECTIONS].map(everywhere));
const { groups } = await api("rules");
assert.ok(groups.some(({ name, rules }) => name === "aftermatch" && rules.length > 10), "the alerts are there");

docker("kill", "--signal", "KILL", VICTIM);
await talk("while a process is killed");
docker("start", VICTIM);
await talk("while it starts");
// When nginx tries it again, it has the fewest connections, so it gets new ones.
const back = everywhere(CONNECTIONS).then(() => true);
while (!(await Promise.race([back, pause(1000, false)]))) await joined(`Vera ${people.length}`, VERA);
await talk("with three processes again");
for (const { chat } of people) chat.close();
