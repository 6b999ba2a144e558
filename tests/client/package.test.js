// The package as npm would publish it, read by the tools of those who publish packages.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const client = here("../../clients/js");

function run(command, args, options) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", ...options });
  assert.ifError(error);
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("package has no fault that publint finds", () => {
  run(here("node_modules/.bin/publint"), [client, "--strict"]);
});

test("types are found by every kind of import", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pack-"));
  t.after(() => rmSync(folder, { recursive: true }));
  run("npm", ["pack", "--pack-destination", folder], { cwd: client });
  // It is for `import` only, as all modules of today.
  run(here("node_modules/.bin/attw"), [join(folder, "aftermatch-0.2.0.tgz"), "--profile", "esm-only"]);
});

test("types do not need those of a browser", () => {
  const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--module", "nodenext", "--types", "react", "--preserveSymlinks"];
  run(here("node_modules/.bin/tsc"), [...flags, here("native.ts")]);
});
