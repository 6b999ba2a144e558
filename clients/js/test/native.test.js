// Where there is neither a page nor Node, such as in React Native.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { serve, token, VERA } from "./service.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("client runs with what React Native has", async (t) => {
  const { url } = await serve(t);
  const flags = ["--experimental-vm-modules", "--no-warnings", here("native.js"), url, token(VERA)];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 20_000 });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), { texts: ["from afar"], aborted: "AbortError", closed: "closed", origin: url.replace("ws", "http") });
});
