// The options of a client. What is wrong with them cannot mend, so it is said at once.

import { AftermatchError } from "./error.js";
import { parse } from "./json.js";
import { createSocket, ORIGIN } from "./surroundings.js";

export function checked(options) {
  const { location, WebSocket } = globalThis;
  const all = { url: location?.origin, minDelay: 500, maxDelay: 30_000, timeout: 20_000, heartbeat: 60_000, ...options };
  const { url, token } = all;
  if (url === undefined) throw new TypeError("`url` is missing: the address of the service, such as wss://chat.example.com");
  const address = String(url).replace(/^http/, "ws").replace(/\/*$/, "");
  if (!ORIGIN.test(address)) throw new TypeError(`\`url\` must begin with wss:// or ws:// and a host, not be “${url}”`);
  if (token === undefined) throw new TypeError("`token` is missing: an access token, or a function that returns one");
  if (typeof token !== "function") checkToken(token);
  if (!all.createSocket && !WebSocket) {
    throw new TypeError("there is no WebSocket here: pass `createSocket`, for example with the package `ws`");
  }
  return { createSocket, ...all, url: address };
}

/** A token that cannot be one would be refused each time, and browsers would not say why. */
export function checkToken(token) {
  if (typeof token === "string" && /^[\w.-]+$/.test(token)) return;
  const what =
    typeof token !== "string" ? `${token}` :
    token === "" ? "empty" :
    /^\s*</.test(token) ? "a page or another document" :
    /[\r\n]/.test(token) ? "a text with a line break" : "a text with characters that no token has";
  throw new AftermatchError(0, "invalid_token", [`the access token must have letters, digits, “.”, “_” and “-” only, but it is ${what}`]);
}

/** The id of the token's user, if it can be read. */
export function userOf(token) {
  try {
    return parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).user_id;
  } catch {}
}
