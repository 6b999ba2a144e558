import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Aftermatch } from "aftermatch";

const folder = fileURLToPath(new URL("..", import.meta.url));

test("client is at most 16 KiB without dependencies", () => {
  assert.ok(statSync(`${folder}/aftermatch.js`).size <= 16_384);
  assert.doesNotMatch(readFileSync(`${folder}/aftermatch.js`, "utf8"), /^import |import\(/m);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  assert.deepEqual([dependencies, devDependencies], [undefined, undefined]);
});

test("package contains only its public files", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8" }));
  const [{ name, files }] = Array.isArray(packed) ? packed : Object.values(packed);
  assert.equal(name, "aftermatch");
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "LICENSE", "README.md", "aftermatch.d.ts", "aftermatch.js", "package.json",
  ]);
});

test("types declare exactly the public members", () => {
  const types = readFileSync(`${folder}/aftermatch.d.ts`, "utf8");
  const body = types.slice(types.indexOf("export class Aftermatch extends"));
  const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name]) => name);
  const actual = Object.getOwnPropertyNames(Aftermatch.prototype);
  const inherited = ["addEventListener", "removeEventListener"];
  assert.deepEqual(declared.filter((name) => !inherited.includes(name)).sort(), actual.sort());
});
