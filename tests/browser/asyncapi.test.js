// Checks the AsyncAPI document with the parser of the AsyncAPI project.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser } from "@asyncapi/parser";
import { demo } from "./service.js";

/** Errors and warnings. Other diagnostics are advice. */
async function problems(text) {
  const { diagnostics } = await new Parser().parse(text);
  return diagnostics.filter(({ severity }) => severity < 2).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const document = async (t) => await (await fetch(`${(await demo(t)).url}docs/asyncapi.json`)).text();

test("published document is valid AsyncAPI", async (t) => {
  assert.deepEqual(await problems(await document(t)), []);
});

test("broken document has problems", async (t) => {
  const broken = JSON.parse(await document(t));
  const [channel] = Object.values(broken.channels);
  channel.messages = { gone: { $ref: "#/components/messages/gone" } };
  assert.notDeepEqual(await problems(JSON.stringify(broken)), []);
});
