// Shows the AsyncAPI document of the service. Its content becomes text, never markup.

import { h } from "./dom.js";

const response = await fetch("/docs/asyncapi.json");
const contract = await response.json();
const { channels, operations, components } = contract;

// Text with `code` in backquotes.
function prose(text) {
  return text
    .split("`")
    .map((part, nth) => (nth % 2 ? h("code", {}, part) : part));
}

const paragraph = (text) => (text ? [h("p", {}, ...prose(text))] : []);

function table(head, rows) {
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
    button.textContent = "Copied";
  } catch {
    // Browsers give pages without TLS no access to the clipboard.
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

function example(text) {
  const button = h("button", { type: "button", onclick: copy }, "Copy");
  const code = h("pre", { tabIndex: 0 }, h("code", {}, text));
  return h("div", { className: "example" }, code, button);
}

// JSON with lines of a readable length.
function json(value, indent = "") {
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

// Requests stay on one line, so that they can be pasted into any client.
const requests = ({ examples }) =>
  examples.map(({ payload }) => example(JSON.stringify(payload)));

function folded(title, ...content) {
  return h("details", {}, h("summary", {}, title), ...content);
}

// The first example, with the others folded.
function frames({ examples }) {
  const [first, ...others] = examples.map(({ payload }) => example(json(payload)));
  return others.length ? [first, folded("More examples", ...others)] : [first];
}

const last = (reference) => reference.$ref.split("/").at(-1);
const message = (name) => components.messages[name];

// The type of a value, in words.
function type(schema) {
  if (schema.$ref) {
    const name = last(schema);
    return [h("a", { href: `#shape-${name}` }, name)];
  }
  if ("const" in schema) return [h("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return schema.enum.flatMap((one, nth) => [nth ? ", " : "", h("code", {}, JSON.stringify(one))]);
  if (schema.oneOf) return schema.oneOf.flatMap((one, nth) => [nth ? " or " : "", ...type(one)]);
  let words = [schema.type].flat().join(" or ");
  if (schema.minimum !== undefined) words += ` from ${schema.minimum}`;
  if (schema.maximum !== undefined) words += ` to ${schema.maximum}`;
  if (schema.maxLength !== undefined) words += `, ${schema.maxLength} characters at most`;
  if (schema.maxItems === 0) return ["empty array"];
  if (schema.maxItems !== undefined) words += `, ${schema.maxItems} at most`;
  return schema.items ? [`${words} of `, ...type(schema.items)] : [words];
}

// The keys of an object, including those of nested objects.
function keys(schema, prefix = "") {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const optional = required.includes(name) ? [] : [", optional"];
    const row = [
      h("code", {}, prefix + name),
      [...type(value), ...optional],
      prose(value.description ?? ""),
    ];
    return [row, ...keys(value, `${prefix}${name}.`)];
  });
}

const keyTable = (rows) => table(["key", "type", "meaning"], rows);

const errors = new Map(contract["x-error-codes"].map((error) => [error.error_code, error]));

function errorTable(codes) {
  const rows = codes.map((code) => {
    const { status, meaning, advice } = errors.get(code);
    return [h("code", {}, code), `${status}`, prose(meaning), prose(advice)];
  });
  return table(["error_code", "status", "meaning", "what to do"], rows);
}

function frame(name) {
  const { summary, payload } = message(name);
  const all = folded("All keys", keyTable(keys(payload)));
  return [h("h4", {}, h("code", {}, name)), ...paragraph(summary), ...frames(message(name)), all];
}

function where(name) {
  const known = Object.values(channels).filter((channel) => channel.messages[name]);
  return known.map((channel) => channel.address);
}

function action(operation) {
  const name = operation.title;
  const payload = message(name).payload;
  const parameters = keys(payload).filter(([key]) => !["action", "request_id"].includes(key.textContent));
  const all = operation.reply.messages.map(last).filter((response) => response.startsWith(`${name}.`));
  const refused = `${name}.refused`;
  const responses = all.filter((response) => response !== refused);
  return [
    h("h3", { id: name }, h("code", {}, name)),
    ...paragraph(`${operation.summary} ${operation.description}`),
    h("p", { className: "quiet" }, ...prose(`At \`${where(name).join("` and `")}\`.`)),
    ...(parameters.length ? [table(["parameter", "type", "meaning"], parameters)] : [h("p", {}, "No parameters.")]),
    h("h4", {}, "Request"),
    ...requests(message(name)),
    h("h4", {}, "Response"),
    ...responses.flatMap(frame),
    h("h4", {}, "Refusals"),
    ...frames(message(refused)),
    errorTable(message(refused).payload.properties.error_code.enum),
  ];
}

function connecting() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const [first] = Object.values(channels);
  const name = first.address.split("/").at(-2);
  const sample = `const socket = new WebSocket("${scheme}//${location.host}${first.address}", ["${name}", accessToken]);
const request = (action, parameters = {}) =>
  socket.send(JSON.stringify({ action, ...parameters, request_id: crypto.randomUUID() }));

socket.onopen = () => request("join_room", { room_pk: 1 });
socket.onmessage = ({ data }) => console.log(JSON.parse(data));
socket.onclose = ({ code }) => console.log("closed", code);`;
  const handshake = `GET ${first.address} HTTP/1.1
Host: ${location.host}
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Origin: ${location.origin}
Authorization: Bearer <access token>`;
  const endpoints = Object.values(channels).map((channel) => [
    h("code", {}, `${scheme}//${location.host}${channel.address}`),
    channel.title,
    prose(channel.description),
  ]);
  const tokens = Object.values(components.securitySchemes);
  const headers = Object.entries(first.bindings.ws.headers.properties);
  return [
    table(["endpoint", "meaning", "rooms and rights"], endpoints),
    h("h3", {}, "The access token"),
    ...tokens.flatMap((scheme) => paragraph(scheme.description)),
    h("h3", {}, "From a browser"),
    example(sample),
    h("h3", {}, "From anywhere else"),
    example(handshake),
    table(["header", "meaning"], headers.map(([header, { description }]) => [h("code", {}, header), prose(description)])),
  ];
}

function unrequested() {
  const sent = Object.values(operations).filter((operation) => operation.action === "send");
  const names = new Set(sent.flatMap((operation) => operation.messages.map(last)));
  return [...names].filter((name) => !name.endsWith(".told")).flatMap(frame);
}

function shapes() {
  return Object.entries(components.schemas).flatMap(([name, schema]) => [
    h("h3", { id: `shape-${name}` }, h("code", {}, name)),
    ...paragraph(schema.description),
    schema.properties ? keyTable(keys(schema)) : h("p", { className: "quiet" }, ...type(schema)),
  ]);
}

function closes() {
  const rows = contract["x-close-codes"].map(({ code, when, advice }) => [`${code}`, prose(when), prose(advice)]);
  return table(["code", "when", "what to do"], rows);
}

const received = Object.values(operations).filter((operation) => operation.action === "receive");
const actions = [...new Map(received.map((operation) => [operation.title, operation])).values()];
const sections = [
  ["connecting", "Connecting", connecting()],
  ["actions", "Actions", actions.flatMap(action)],
  ["unrequested", "Sent without a request", unrequested()],
  ["shapes", "Shapes", shapes()],
  ["errors", "Errors", [...["malformed", "too_many_requests"].flatMap(frame), errorTable([...errors.keys()])]],
  ["closing", "Close codes", [closes()]],
];

const link = (id, text, className = "") =>
  h("li", { className }, h("a", { href: `#${id}` }, text));
const contents = sections.flatMap(([id, title]) => {
  const below = id === "actions" ? actions.map(({ title }) => link(title, title, "below")) : [];
  return [link(id, title), ...below];
});

document.querySelector("#about").append(...prose(contract.info.description));
document.querySelector("nav").append(h("ul", {}, ...contents));
document.querySelector("main").replaceChildren(
  ...sections.map(([id, title, content]) => h("section", {}, h("h2", { id }, title), ...content)),
);
// The target of the address did not exist when the page was opened.
document.getElementById(location.hash.slice(1))?.scrollIntoView();
