// Two people talk with the service at CHAT, for `.ci/package`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Aftermatch } from "../clients/js/aftermatch.js";

const { CHAT, VERA, OLEG } = process.env;
setTimeout(() => { throw new Error("this takes too long"); }, 30_000).unref();

const [vera, oleg] = [VERA, OLEG].map((token) => new Aftermatch({ url: CHAT, origin: "http://localhost", token }));
for (const person of [vera, oleg]) await person.join(1);
const received = once(oleg, "message");
await vera.send("with nothing but the program");
assert.equal((await received)[0].detail.data.text, "with nothing but the program");
console.log("two people talk with the program alone");
for (const person of [vera, oleg]) person.close();
