// What is attached to a message. Only the `id` is promised, and nothing else is trusted.

import { h } from "./dom.js";
import { link, safe } from "./links.js";
import { locale, t } from "./texts.js";

const text = (value) => (typeof value === "string" && value.trim() ? value : undefined);

const nameOf = ({ id, name }) => text(name) ?? t.attachment(id);

/** The size in bytes, in the largest unit that leaves a whole number. */
function sizeOf(bytes) {
  if (!Number.isFinite(bytes) || bytes < 0) return "";
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const nth = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  const format = { style: "unit", unit: units[nth], unitDisplay: "short", maximumFractionDigits: nth > 1 ? 1 : 0 };
  return new Intl.NumberFormat(locale, format).format(bytes / 1000 ** nth);
}

/** The attachments of a message: an empty list if it has none, or something else in their place. */
export const attachmentsOf = ({ attachments }) =>
  (Array.isArray(attachments) ? attachments.filter((one) => one !== null && typeof one === "object") : []);

export function attachmentView(attachment) {
  const href = /^https?:/i.test(attachment.url) ? safe(attachment.url) : undefined;
  const name = nameOf(attachment);
  const size = sizeOf(attachment.size);
  return h("li", {}, h("span", { "aria-hidden": "true" }, "📎\uFE0E "), href ? link(name, href) : h("bdi", {}, name),
    ...(size ? [" ", h("span", { className: "quiet" }, size)] : []));
}

/** A message in one line. */
export function summaryOf(message) {
  return [message.text.trim(), ...attachmentsOf(message).map((one) => `📎\uFE0E ${nameOf(one)}`)].filter(Boolean).join(" ");
}
