// WebKitGTK as a browser for tests, by plain WebDriver.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BROWSER = fileURLToPath(new URL("browser", import.meta.url));
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const SECONDS = 20;

/** WebKit says so of a word that is Chromium's own: it does without. */
const EXPECTED = /Viewport argument key "interactive-widget" not recognized/;

/** Opens `url` in a new WebKit. Anything that is written to the console fails the test. */
export async function open(t, url) {
  const folder = await mkdtemp(join(tmpdir(), "aftermatch-webkit-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const display = await screen(t);
  const port = await freePort();
  // Each line of the console is written at once. The browser is in the group of the driver.
  const driver = spawn("stdbuf", ["-oL", "WebKitWebDriver", `--port=${port}`], {
    env: { ...process.env, DISPLAY: display, WEBKIT_DATA: folder }, stdio: ["ignore", "pipe", "pipe"], detached: true,
  });
  const output = Promise.all([text(driver.stdout), text(driver.stderr)]);
  t.after(async () => {
    process.kill(-driver.pid);
    const lines = (await output).join("").split("\n");
    assert.deepEqual(lines.filter((line) => line.includes(": CONSOLE ") && !EXPECTED.test(line)), []);
  });

  let session = "";
  /** The value of a response, or an error. */
  async function call(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${port}/session${session}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary: BROWSER, args: [] } } };
  session = `/${(await soon(() => call("POST", "", { capabilities }))).sessionId}`;
  await call("POST", "/url", { url });
  return page(call);
}

/** A screen that nobody sees. */
async function screen(t) {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  t.after(() => server.kill());
  const [number] = await once(server.stdio[3], "data");
  return `:${number}`.trim();
}

/** What tests do with a page: all of it waits until it is possible. */
function page(call) {
  const find = async (xpath) => (await call("POST", "/element", { using: "xpath", value: xpath }))[ELEMENT];
  const act = (xpath, what, body = {}) =>
    soon(async () => call("POST", `/element/${await find(xpath)}/${what}`, body));
  return {
    click: (xpath) => act(xpath, "click"),
    type: (xpath, keys) => act(xpath, "value", { text: keys }),
    clear: (xpath) => act(xpath, "clear"),
    sees: (xpath) => soon(async () => assert.ok(await call("GET", `/element/${await find(xpath)}/displayed`), xpath)),
    count: async (xpath) => (await call("POST", "/elements", { using: "xpath", value: xpath })).length,
    async misses(xpath) {
      await soon(async () => assert.equal(await this.count(xpath), 0, xpath));
    },
  };
}

/** Tries until it succeeds, or fails as it failed the last time. */
async function soon(attempt) {
  for (let tries = SECONDS * 20; ; tries -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 0) throw error;
      await pause(50);
    }
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
