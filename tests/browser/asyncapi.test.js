// The contract for programs, judged by AsyncAPI's own parser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser } from "@asyncapi/parser";
import { demo } from "./service.js";

/** Errors and warnings; what else it says is advice. */
async function mistakes(text) {
  const { diagnostics } = await new Parser().parse(text);
  return diagnostics.filter(({ severity }) => severity < 2).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const contract = async (t) => await (await fetch(`${(await demo(t)).url}docs/asyncapi.json`)).text();

test("the contract is a good AsyncAPI document", async (t) => {
  assert.deepEqual(await mistakes(await contract(t)), []);
});

test("a document with a mistake would be found", async (t) => {
  const broken = JSON.parse(await contract(t));
  const [channel] = Object.values(broken.channels);
  channel.messages = { gone: { $ref: "#/components/messages/gone" } };
  assert.notDeepEqual(await mistakes(JSON.stringify(broken)), []);
});
