import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "./proxy.js";
import { client, OLEG, serve, token, VERA } from "./service.js";

/** Creates sockets, and notes the token of each. */
const noting = (tokens) => (url, protocols) => {
  tokens.push(protocols.at(-1));
  const headers = { origin: new URL(url).origin.replace(/^ws/, "http") };
  return new WebSocket(url, { protocols, headers });
};

const expiry = (secret) => JSON.parse(atob(secret.split(".")[1])).exp;

test("renew returns when the new token ends", async (t) => {
  const { url } = await serve(t);
  const vera = client(t, url, VERA);
  const longer = token(VERA, "2h");
  assert.deepEqual(await vera.renew(longer), { token_exp: expiry(longer) });
});

test("next connections use the newest token", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const tokens = [];
  const vera = client(t, proxy.url, VERA, { createSocket: noting(tokens) });
  await vera.join(1);
  const [first, second, third] = [token(VERA), token(VERA, "2h"), token(VERA, "3h")];
  for (const newer of [second, third]) {
    await vera.renew(newer);
    proxy.cut();
    await vera.list();
  }
  assert.deepEqual(tokens, [first, second, third]);
});

test("renewal is repeated on the next connection", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const tokens = [];
  const vera = client(t, proxy.url, VERA, { createSocket: noting(tokens) });
  proxy.fromService = (text) => {
    if (!text.includes('"renew"')) return text;
    proxy.fromService = (same) => same;
    proxy.cut();
    return null;
  };
  const longer = token(VERA, "2h");
  assert.equal((await vera.renew(longer)).token_exp, expiry(longer));
  proxy.cut();
  await vera.list();
  assert.deepEqual(tokens, [token(VERA), token(VERA), longer]);
});

test("refused token is not used", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const tokens = [];
  const vera = client(t, proxy.url, VERA, { createSocket: noting(tokens) });
  await assert.rejects(vera.renew("no token"), { status: 400, code: "invalid_token" });
  await assert.rejects(vera.renew(token(OLEG)), { status: 403, code: "user_mismatch" });
  proxy.cut();
  await vera.list();
  assert.deepEqual(tokens, [token(VERA), token(VERA)]);
});

test("function that returns tokens is asked again", async (t) => {
  const proxy = await Proxy.start(t, await serve(t));
  const tokens = [];
  const newest = [token(VERA), token(VERA, "3h")];
  const vera = client(t, proxy.url, VERA, { createSocket: noting(tokens), token: async () => newest[tokens.length] });
  await vera.renew(token(VERA, "2h"));
  proxy.cut();
  await vera.list();
  assert.deepEqual(tokens, newest);
});
