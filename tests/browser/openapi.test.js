// Checks the OpenAPI document with a validator that others use, too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { demo } from "./service.js";

const document = async (t) => await (await fetch(`${(await demo(t)).url}docs/openapi.json`)).json();

test("published document is valid OpenAPI", async (t) => {
  const { valid, errors } = await new Validator().validate(await document(t));
  assert.deepEqual(errors ?? [], []);
  assert.equal(valid, true);
});

test("every reference in the document has a target", async (t) => {
  const api = await document(t);
  const validator = new Validator();
  await validator.validate(api);
  assert.ok(JSON.stringify(validator.resolveRefs()).includes("room_record"));
});

test("broken document is not valid", async (t) => {
  const broken = await document(t);
  delete broken.paths["/v1/users/{id}"].put.responses;
  broken.paths["/v1/users/{id}"].put.requestBody = 1;
  const { valid } = await new Validator().validate(broken);
  assert.equal(valid, false);
});
