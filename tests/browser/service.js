// The real service, as one would try it, and as one would run it.

import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const built = (name) => fileURLToPath(new URL(`../../target/debug/${name}`, import.meta.url));
const BINARY = process.env.AFTERMATCH_BIN ?? built("aftermatch");

/** A demo in memory on a free port; it ends with the test. */
export async function demo(t, { flags = [] } = {}) {
  const child = start(t, ["serve", "--listen", "127.0.0.1:0", ...flags], {});
  return { url: (await said(child.stdout, /http:\/\/\S+/))[0] };
}

/** Somebody of the demo's world, known by an access token. */
export function token(user) {
  return execFileSync(BINARY, ["token", "--user", `${user}`], { env: production, encoding: "utf8" }).trim();
}

const production = { PATH: process.env.PATH, CHAT_JWT_SECRET: "a secret for the tests in a browser", CHAT_PAGE: "true" };

/**
 * A service on a Postgres with the demo's world in it, at one address for the whole test, to be
 * killed and started again.
 */
export async function durable(t) {
  const env = { ...production, DATABASE_URL: await database(t) };
  execFileSync(BINARY, ["import", fileURLToPath(new URL("../../adapters/world/src/demo.json", import.meta.url))], { env, stdio: "ignore" });
  let address = "127.0.0.1:0";
  let child;
  const service = {
    async start() {
      child = start(t, ["serve", "--listen", address], env);
      // In the colours of a terminal or not.
      address = (await said(child.stderr, /listening.*?(127\.0\.0\.1:\d+)/))[1];
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

/** A database of the test's own, there until the test ends. */
async function database(t) {
  const child = spawn(process.env.AFTERMATCH_TESTDB ?? built("aftermatch-testdb"), { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.stdin.end());
  return (await said(child.stdout, /\S+/))[0];
}

function start(t, args, env) {
  const child = spawn(BINARY, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  child.stderr.resume();
  return child;
}

/** What matches in the first line of `stream` in which anything does. */
async function said(stream, what) {
  for await (const line of createInterface({ input: stream })) {
    const match = what.exec(line);
    if (!match) continue;
    stream.resume();
    return match;
  }
  throw new Error(`it ended, and said nothing like ${what}`);
}
