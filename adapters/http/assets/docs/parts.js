// The parts of the protocol page.

import { h } from "./dom.js";
import { t, translate } from "./texts.js";

// Text with `code` in backquotes.
export function prose(text) {
  return translate(text)
    .split("`")
    .map((part, nth) => (nth % 2 ? h("code", {}, part) : part));
}

export const paragraph = (text) => (text ? [h("p", {}, ...prose(text))] : []);

export function table(head, rows) {
  const cell = (tag) => (content) =>
    h(tag, {}, ...[content].flat());
  const row = (tag, cells) => h("tr", {}, ...cells.map(cell(tag)));
  const body = rows.map((cells) => row("td", cells));
  const whole = h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, ...body));
  return h("div", { className: "table", tabIndex: 0 }, whole);
}

async function copy(event) {
  const button = event.currentTarget;
  const code = button.parentElement.querySelector("pre");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = t.copied;
  } catch {
    // Browsers give pages without TLS no access to the clipboard.
    getSelection().selectAllChildren(code);
    button.textContent = t.selected;
  }
  setTimeout(() => (button.textContent = t.copy), 2000);
}

export function example(text) {
  const button = h("button", { type: "button", onclick: copy }, t.copy);
  const code = h("pre", { tabIndex: 0 }, h("code", {}, text));
  return h("div", { className: "example" }, code, button);
}

// JSON with lines of a readable length.
export function json(value, indent = "") {
  const line = JSON.stringify(value);
  if (line.length + indent.length <= 72 || typeof value !== "object") return line;
  const deeper = `${indent}  `;
  const array = Array.isArray(value);
  const parts = array
    ? value.map((item) => json(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${json(item, deeper)}`);
  const inner = parts.map((part) => deeper + part).join(",\n");
  return array ? `[\n${inner}\n${indent}]` : `{\n${inner}\n${indent}}`;
}

export function folded(title, ...content) {
  return h("details", {}, h("summary", {}, title), ...content);
}

/** The name behind a reference. */
export const last = (reference) => reference.$ref.split("/").at(-1);

// The type of a value, in words.
export function type(schema) {
  if (schema.$ref) {
    const name = last(schema);
    return [h("a", { href: `#shape-${name}` }, name)];
  }
  if ("const" in schema) return [h("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return schema.enum.flatMap((one, nth) => [nth ? ", " : "", h("code", {}, JSON.stringify(one))]);
  if (schema.oneOf) return schema.oneOf.flatMap((one, nth) => [nth ? t.or : "", ...type(one)]);
  let words = [schema.type].flat().map((name) => t.types[name] ?? name).join(t.or);
  if (schema.minimum !== undefined) words += t.from(schema.minimum);
  if (schema.maximum !== undefined) words += t.to(schema.maximum);
  if (schema.maxLength !== undefined) words += t.characters(schema.maxLength);
  if (schema.maxItems === 0) return [t.emptyArray];
  if (schema.maxItems !== undefined) words += t.atMost(schema.maxItems);
  return schema.items ? [`${words}${t.of}`, ...type(schema.items)] : [words];
}

// The keys of an object, including those of nested objects.
export function keys(schema, prefix = "") {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const optional = required.includes(name) ? [] : [t.optional];
    const row = [
      h("code", {}, prefix + name),
      [...type(value), ...optional],
      prose(value.description ?? ""),
    ];
    return [row, ...keys(value, `${prefix}${name}.`)];
  });
}

export const keyTable = (rows) => table([t.key, t.type, t.meaning], rows);

