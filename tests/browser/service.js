// The real service: as a demo, and as in production.

import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const built = (name) => fileURLToPath(new URL(`../../target/debug/${name}`, import.meta.url));
const DEMO_WORLD = fileURLToPath(new URL("../../adapters/world/src/demo.json", import.meta.url));
const BINARY = process.env.AFTERMATCH_BIN ?? built("aftermatch");

// Most tests write as fast as they can, and are about something else.
const unlimited = { CHAT_MAX_REQUESTS_PER_SECOND: "off", CHAT_MAX_WRITES_PER_SECOND: "off" };

/** A demo in memory on a free port. It ends with the test. */
export async function demo(t, { flags = [] } = {}) {
  const child = start(t, ["serve", "--listen", "127.0.0.1:0", ...flags], {});
  return { url: (await firstMatch(child.stdout, /http:\/\/\S+/))[0] };
}

/** A demo whose world was changed by `change`. */
export async function withWorld(t, change) {
  const world = JSON.parse(await readFile(DEMO_WORLD, "utf8"));
  change(world);
  const folder = await mkdtemp(join(tmpdir(), "aftermatch-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "world.json");
  await writeFile(file, JSON.stringify(world));
  return demo(t, { flags: ["--world", file] });
}

/** An access token for a user of the demo world. */
export function token(user) {
  return execFileSync(BINARY, ["token", "--user", `${user}`], { env: production, encoding: "utf8" }).trim();
}

/** A token of the past, with a signature that is not looked at. */
export function expired() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { token_type: "access", exp: 1_718_217_178, jti: "1", user_id: 2 };
  return `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.c2ln`;
}

const production = { PATH: process.env.PATH, CHAT_JWT_SECRET: "a secret for the tests in a browser", CHAT_PAGE: "true" };

/**
 * A service on a Postgres with the demo world. It can be killed and started again at the same
 * address.
 */
export async function durable(t) {
  const env = { ...production, DATABASE_URL: await database(t) };
  execFileSync(BINARY, ["import", DEMO_WORLD], { env, stdio: "ignore" });
  let address = "127.0.0.1:0";
  let child;
  const service = {
    async start() {
      child = start(t, ["serve", "--listen", address], env);
      // The pattern also matches output with terminal colours.
      address = (await firstMatch(child.stderr, /listening.*?(127\.0\.0\.1:\d+)/))[1];
      service.url = `http://${address}/`;
    },
    kill() {
      child.kill("SIGKILL");
      return new Promise((resolve) => child.once("exit", resolve));
    },
  };
  await service.start();
  return service;
}

/** A new database. It is removed after the test. */
async function database(t) {
  const child = spawn(process.env.AFTERMATCH_TESTDB ?? built("aftermatch-testdb"), { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.stdin.end());
  return (await firstMatch(child.stdout, /\S+/))[0];
}

function start(t, args, env) {
  const child = spawn(BINARY, args, { env: { PATH: process.env.PATH, ...unlimited, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  child.stderr.resume();
  return child;
}

/** The match in the first line that matches. */
async function firstMatch(stream, pattern) {
  for await (const line of createInterface({ input: stream })) {
    const match = pattern.exec(line);
    if (!match) continue;
    stream.resume();
    return match;
  }
  throw new Error(`no line matched ${pattern}`);
}
