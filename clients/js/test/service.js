// The real service, in memory with its demo world, and clients of it.

import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Aftermatch } from "aftermatch";

const BINARY =
	process.env.AFTERMATCH_BIN ?? fileURLToPath(new URL("../../../target/debug/aftermatch", import.meta.url));
const env = { PATH: process.env.PATH, CHAT_JWT_SECRET: "a secret for the tests of the client" };

/** Vera and Oleg share room 1, Nina and Timur room 2, Timur and Vera room 3. */
export const [VERA, OLEG, NINA, TIMUR, ADMIN] = [1, 2, 3, 4, 9];

const tokens = new Map();

export function token(user) {
	if (!tokens.has(user)) {
		const printed = execFileSync(BINARY, ["token", "--user", `${user}`], { env, encoding: "utf8" });
		tokens.set(user, printed.trim());
	}
	return tokens.get(user);
}

/** Starts the service; port 0 is any that is free. It ends with the test. */
export async function serve(t, { port = 0, flags = [] } = {}) {
	const child = spawn(BINARY, ["serve", "--listen", `127.0.0.1:${port}`, ...flags], {
		env,
		stdio: ["ignore", "pipe", "ignore"],
	});
	const exited = new Promise((resolve) => child.once("exit", resolve));
	const stop = () => {
		child.kill("SIGKILL");
		return exited;
	};
	t.after(stop);
	for await (const line of createInterface({ input: child.stdout })) {
		const [, found] = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
		if (found) {
			child.stdout.resume();
			return { port: Number(found), url: `ws://127.0.0.1:${found}`, stop };
		}
	}
	throw new Error(`${BINARY} did not start`);
}

/** A client that hurries, and ends with the test. */
export function client(t, url, user, options) {
	const chat = new Aftermatch({ url, token: token(user), minDelay: 5, maxDelay: 40, ...options });
	t.after(() => chat.close());
	return chat;
}

/** The detail of the next event for which `which` holds. */
export function next(chat, type, which = () => true) {
	return new Promise((resolve) => {
		chat.addEventListener(type, function listener({ detail }) {
			if (!which(detail)) return;
			chat.removeEventListener(type, listener);
			resolve(detail);
		});
	});
}

export const nextState = (chat, state) => next(chat, "state", (detail) => detail.state === state);

/** Everything of these types that is told from now on, with its type. */
export function collect(chat, ...types) {
	const heard = [];
	for (const type of types) chat.addEventListener(type, ({ detail }) => heard.push({ type, ...detail }));
	return heard;
}

/** Resolves when a collection, which grows with the events `type`, fulfils `enough`. */
export async function until(chat, type, enough) {
	while (!enough()) await next(chat, type);
}
