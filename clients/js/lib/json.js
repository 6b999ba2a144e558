// JSON whose integers are exact. Ids have up to 64 bits, and a number holds only 53: those that
// do not fit are BigInts here.

import { randomId } from "./surroundings.js";

/** In place of an integer, as a string, while JSON is read or written. Nobody can guess it. */
const MARK = `integer ${randomId()} `;
const MARKED = new RegExp(`"${MARK.replaceAll(".", "\\.")}(-?\\d+)"`, "g");

/** A string, or what may be a number. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

const isTooLong = (token) => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));

export function parse(text) {
  // Almost every frame.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKEN, (token) => (isTooLong(token) ? `"${MARK}${token}"` : token));
  const isMarked = (value) => typeof value === "string" && value.startsWith(MARK);
  return JSON.parse(marked, (_, value) => (isMarked(value) ? BigInt(value.slice(MARK.length)) : value));
}

export function stringify(value) {
  // Almost every message.
  if (hasOnlyText(value)) return JSON.stringify(value);
  const text = JSON.stringify(value, function (key, value) {
    // Programs may have given BigInts a `toJSON`.
    if (typeof this[key] === "bigint") return MARK + this[key];
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    throw new RangeError(`\`${key}\` is too large for a number, which may have changed it: pass a BigInt`);
  });
  return text.replace(MARKED, "$1");
}

function hasOnlyText(value) {
  for (const key in value) if (typeof value[key] !== "string" && value[key] !== undefined) return false;
  return true;
}
