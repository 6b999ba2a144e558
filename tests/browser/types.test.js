// The client's types, judged by TypeScript.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("a program can be written by the client's types, and a wrong one cannot", () => {
  const flags = ["--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom", "--module", "nodenext", "--types", ""];
  const { error, stdout } = spawnSync(here("node_modules/.bin/tsc"), [...flags, here("types.ts")], { encoding: "utf8" });
  assert.ifError(error);
  assert.equal(stdout, "");
});
