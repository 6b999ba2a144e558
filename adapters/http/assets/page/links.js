// Addresses in a text: of pages, e-mail and phones. Nothing else becomes a link.

import { h } from "./dom.js";

/** Without a scheme only these are addresses: `z.B.` and `main.rs` are none. */
const ENDINGS = "com|org|net|info|biz|pro|io|me|app|dev|ai|co|shop|store|online|site|link|chat|club|space|tech|ly|gg|tv|cc|"
  + "ru|su|рф|рус|москва|дети|онлайн|сайт|бел|укр|қаз|moscow|by|kz|ua|uz|kg|ge|md|tj|lv|lt|ee|pl|de|ch|fr|nl|eu|uk|tr|cn";

// Nothing repeats without a limit, so that no text takes long.
const LABEL = String.raw`[\p{L}\p{N}\-]{1,63}`;
const WEB = String.raw`https?:\/\/[^\s<>"«»“”]{1,2000}`;
const MAIL = String.raw`[\p{L}\p{N}._%+\-]{1,64}@${LABEL}(?:\.${LABEL})+`;
const BARE = String.raw`(?:www\.${LABEL}(?:\.${LABEL})+|${LABEL}(?:\.${LABEL})*\.(?:${ENDINGS}))(?![\p{L}\p{N}@\-])(?:[\/?#:][^\s<>"«»“”]{0,2000})?`;
/** International, or as in Russia: 8 and ten digits. */
const PHONE = String.raw`(?:\+\d|8(?=[\s(\-]*\d{3}))(?:[\s(.\-]{0,2}\)?\d|\)[\s\-]?\d){7,14}(?!\d)`;
const ADDRESS = new RegExp(`(?<![\\p{L}\\p{N}@+\\/._])(?:(?<web>${WEB})|(?<mail>${MAIL})|(?<bare>${BARE})|(?<phone>${PHONE}))`, "giu");

const SCHEMES = ["http:", "https:", "mailto:", "tel:"];

/** Splits a text into parts; those that are addresses have a `href`. */
export function split(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = withoutEnd(match[0]);
    const href = addressOf(shown, match.groups);
    if (!href) continue;
    parts.push({ text: text.slice(end, match.index) }, { text: shown, href });
    end = match.index + shown.length;
  }
  parts.push({ text: text.slice(end) });
  return parts.filter((part) => part.text);
}

/** Punctuation at the end belongs to the sentence. A bracket belongs to the address that opens it. */
function withoutEnd(address) {
  let shown = address;
  for (;;) {
    const last = shown.at(-1);
    const opening = { ")": "(", "]": "[", "}": "{" }[last];
    const unopened = opening && shown.split(opening).length < shown.split(last).length;
    if (!unopened && !/[.,;:!?…'’*_~]/u.test(last)) return shown;
    shown = shown.slice(0, -1);
  }
}

function addressOf(shown, { web, mail, bare, phone }) {
  if (phone) return phoneOf(shown);
  return safe(web ? shown : mail ? `mailto:${shown}` : bare && `https://${shown}`);
}

function phoneOf(shown) {
  const digits = shown.replaceAll(/\D/g, "");
  const russian = digits.startsWith("8") && digits.length === 11;
  return shown.startsWith("+") ? `tel:+${digits}` : russian ? `tel:${digits}` : undefined;
}

/** The address as the browser reads it; `undefined` if it is none, or could do more than open. */
export function safe(address) {
  const url = typeof address === "string" && URL.canParse(address) && new URL(address);
  return url && SCHEMES.includes(url.protocol) ? url.href : undefined;
}

/** A link in a message, without access to this page. Its title is where it really leads. */
export function link(text, href) {
  return h("a", { href, title: href, tabIndex: -1, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Shows a text with its addresses as links, if it is not shown already. */
export function setLinkedText(node, text) {
  if (node.textContent === text) return;
  node.replaceChildren(...split(text).map((part) => (part.href ? link(part.text, part.href) : part.text)));
}
