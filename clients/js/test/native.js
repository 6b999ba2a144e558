// Runs the client in a context that has only what React Native has, and prints what happens there.

import { readFileSync } from "node:fs";
import { createContext, SourceTextModule } from "node:vm";

const [url, token] = process.argv.slice(2);
let origin;

/** The arguments are those of React Native. */
class NativeSocket extends WebSocket {
  constructor(url, protocols, { headers }) {
    super(url, { protocols, headers });
    origin = headers.origin;
  }
}

const context = createContext({
  WebSocket: NativeSocket, navigator: { product: "ReactNative" }, performance: { now: () => performance.now() },
  setTimeout, clearTimeout, url, token, print: (text) => console.log(text),
});

const modules = new Map();
function load(address, text = readFileSync(address, "utf8")) {
  if (!modules.has(address.href)) modules.set(address.href, new SourceTextModule(text, { context, identifier: address.href }));
  return modules.get(address.href);
}

const main = load(new URL("../main.js", import.meta.url), `
  import { Aftermatch } from "./aftermatch.js";
  const missing = ["EventTarget", "CustomEvent", "crypto", "document", "window", "URL", "AbortController", "queueMicrotask"];
  const there = missing.filter((name) => name in globalThis);
  if (there.length) throw new Error("not so poor: " + there);
  const chat = new Aftermatch({ url, token });
  const texts = [];
  const seen = new Promise((resolve) => chat.addEventListener("message", ({ detail }) => resolve(texts.push(detail.data.text))));
  await chat.join(1);
  await chat.send("from afar");
  await seen;
  const aborted = await chat.list({ signal: { aborted: true } }).catch(({ name }) => name);
  chat.wake();
  chat.close();
  print(JSON.stringify({ texts, aborted, closed: chat.state }));
`);
await main.link((specifier, { identifier }) => load(new URL(specifier, identifier)));
const print = console.log;
console.log = (text) => print(JSON.stringify({ ...JSON.parse(text), origin }));
await main.evaluate();
