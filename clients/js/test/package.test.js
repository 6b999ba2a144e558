import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Aftermatch } from "aftermatch";

const folder = fileURLToPath(new URL("..", import.meta.url));

const modules = ["aftermatch.js", ...readdirSync(`${folder}/lib`).map((name) => `lib/${name}`)];

test("client is at most 10 KiB, compressed, without dependencies", () => {
  const texts = modules.map((path) => readFileSync(`${folder}/${path}`, "utf8"));
  assert.ok(gzipSync(texts.join("")).length <= 10_240);
  for (const text of texts) assert.doesNotMatch(text, / from "(?!\.)|import\(/);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  assert.deepEqual([dependencies, devDependencies], [undefined, undefined]);
});

test("package contains only its public files", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8" }));
  const [{ name, files }] = Array.isArray(packed) ? packed : Object.values(packed);
  assert.equal(name, "aftermatch");
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "LICENSE", "README.md", "aftermatch.d.ts", "package.json", "react.d.ts", "react.js", ...modules,
  ].sort());
});

test("types declare exactly the public members", () => {
  const types = readFileSync(`${folder}/aftermatch.d.ts`, "utf8");
  const body = types.slice(types.indexOf("export class Aftermatch {"));
  const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name]) => name);
  const actual = Object.getOwnPropertyNames(Aftermatch.prototype);
  const inherited = ["addEventListener", "removeEventListener"];
  assert.deepEqual(declared.filter((name) => !inherited.includes(name)).sort(), actual.sort());
});
