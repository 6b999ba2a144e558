// The real service, and clients for it.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Aftermatch } from "aftermatch";

const repository = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const BINARY = process.env.AFTERMATCH_BIN ?? repository("target/debug/aftermatch");
const TESTDB = process.env.AFTERMATCH_TESTDB ?? repository("target/debug/aftermatch-testdb");
// The proxy of the tests reads and changes frames, so they come as they are.
const env = { PATH: process.env.PATH, CHAT_JWT_SECRET: "a secret for the tests of the client", CHAT_COMPRESSION: "off" };
// Most tests write as fast as they can, and are about something else. A flag comes before these.
const unlimited = { CHAT_MAX_REQUESTS_PER_SECOND: "off", CHAT_MAX_WRITES_PER_SECOND: "off" };

/** Vera and Oleg are in room 1, Nina and Timur in room 2, Timur and Vera in room 3. */
export const [VERA, OLEG, NINA, TIMUR, ADMIN] = [1, 2, 3, 4, 9];

const tokens = new Map();

export function token(user, ttl = "1h") {
  const key = `${user} ${ttl}`;
  if (!tokens.has(key)) {
    const printed = execFileSync(BINARY, ["token", "--user", `${user}`, "--ttl", ttl], { env, encoding: "utf8" });
    tokens.set(key, printed.trim());
  }
  return tokens.get(key);
}

/**
 * Starts the service: in memory with the demo world, or on a `database`. Port 0 means any free
 * port. The service ends with the test.
 */
export async function serve(t, { port = 0, flags = [], database } = {}) {
  const child = spawn(BINARY, ["serve", "--listen", `127.0.0.1:${port}`, ...flags], {
    env: { ...env, ...unlimited, ...(database && { DATABASE_URL: database }) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const end = async (signal) => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  t.after(() => end("SIGKILL"));
  const [, found] = await firstMatch(child.stderr, /listening.*?127\.0\.0\.1:(\d+)/);
  return {
    port: Number(found),
    url: `ws://127.0.0.1:${found}`,
    stop: () => end("SIGKILL"),
    /** Shuts down gracefully, and resolves with the exit code. */
    drain: () => end("SIGTERM"),
  };
}

/** A Postgres database with the demo world. It is removed after the test. */
export async function database(t) {
  const child = spawn(TESTDB, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  t.after(() => {
    child.stdin.end();
    return exited;
  });
  const [url] = await firstMatch(child.stdout, /^postgres\S+/);
  const world = repository("adapters/world/src/demo.json");
  execFileSync(BINARY, ["import", world], { env: { ...env, DATABASE_URL: url }, stdio: "ignore" });
  return url;
}

/** The match in the first line that matches. */
async function firstMatch(stream, pattern) {
  const lines = [];
  for await (const line of createInterface({ input: stream })) {
    lines.push(line);
    const match = pattern.exec(line);
    if (!match) continue;
    stream.resume();
    return match;
  }
  throw new Error(`no line matched ${pattern}:\n${lines.join("\n")}`);
}

/** A client with short delays. It is closed after the test. */
export function client(t, url, user, options) {
  const chat = new Aftermatch({ url, token: token(user), minDelay: 5, maxDelay: 40, ...options });
  t.after(() => chat.close());
  return chat;
}

/** The detail of the next event that fulfils `which`, for which it waits a minute at most. */
export function next(chat, type, which = () => true) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no "${type}" event in a minute fulfilled ${which}`)), 60_000);
    late.unref?.(); // A number if the test has timers of its own.
    chat.addEventListener(type, function listener({ detail }) {
      if (!which(detail)) return;
      chat.removeEventListener(type, listener);
      clearTimeout(late);
      resolve(detail);
    });
  });
}

export const nextState = (chat, state) => next(chat, "state", (detail) => detail.state === state);

/** All events of these types from now on, with their type. */
export function collect(chat, ...types) {
  const events = [];
  for (const type of types) chat.addEventListener(type, ({ detail }) => events.push({ type, ...detail }));
  return events;
}

/** Resolves when `enough` is true; it is checked after each event `type`. */
export async function until(chat, type, enough) {
  while (!enough()) await next(chat, type);
}
