// Checks the client's types with TypeScript.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("types accept right programs, reject wrong ones", () => {
  const flags = ["--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom", "--module", "nodenext", "--types", ""];
  const { error, stdout } = spawnSync(here("node_modules/.bin/tsc"), [...flags, here("types.ts")], { encoding: "utf8" });
  assert.ifError(error);
  assert.equal(stdout, "");
});
