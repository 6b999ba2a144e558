// The protocol page: what the AsyncAPI document of the service says, and what it cannot say.
// Content becomes text, never markup.

import { h } from "./dom.js";
import { inThisLanguage, language, otherLanguage } from "./language.js";
import { example, folded, json, keyTable, keys, last, paragraph, prose, table, type } from "./parts.js";
import { t, translate } from "./texts.js";

const read = async (path) => (await fetch(path)).json();
const [contract, limits] = await Promise.all([read("/docs/asyncapi.json"), read("/docs/limits.json")]);
const { channels, operations, components } = contract;

// Requests stay on one line, so that they can be pasted into any client.
const requests = ({ examples }) =>
  examples.map(({ payload }) => example(JSON.stringify(payload)));

// The first example, with the others folded.
function frames({ examples }) {
  const [first, ...others] = examples.map(({ payload }) => example(json(payload)));
  return others.length ? [first, folded(t.more, ...others)] : [first];
}

const message = (name) => components.messages[name];

const errors = new Map(contract["x-error-codes"].map((error) => [error.error_code, error]));

function errorTable(codes) {
  const rows = codes.map((code) => {
    const { status, meaning, advice } = errors.get(code);
    return [h("code", {}, code), `${status}`, prose(meaning), prose(advice)];
  });
  return table(["error_code", t.status, t.meaning, t.advice], rows);
}

function frame(name) {
  const { summary, payload } = message(name);
  const all = folded(t.allKeys, keyTable(keys(payload)));
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
    ...paragraph(`${translate(operation.summary)} ${translate(operation.description)}`),
    h("p", { className: "quiet" }, ...prose(t.at(where(name)))),
    ...(parameters.length ? [table([t.parameter, t.type, t.meaning], parameters)] : [h("p", {}, t.noParameters)]),
    h("h4", {}, t.request),
    ...requests(message(name)),
    h("h4", {}, t.response),
    ...responses.flatMap(frame),
    h("h4", {}, t.refusals),
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
    translate(channel.title),
    prose(channel.description),
  ]);
  const tokens = Object.values(components.securitySchemes);
  const headers = Object.entries(first.bindings.ws.headers.properties);
  return [
    table([t.endpoint, t.meaning, t.rights], endpoints),
    h("h3", {}, t.token),
    ...tokens.flatMap((scheme) => paragraph(scheme.description)),
    h("h3", {}, t.fromBrowser),
    example(sample),
    h("h3", {}, t.fromElsewhere),
    example(handshake),
    table([t.header, t.meaning], headers.map(([header, { description }]) => [h("code", {}, header), prose(description)])),
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
  return table([t.code, t.when, t.advice], rows);
}

const handshakes = () => [
  h("p", {}, ...prose(t.handshakes.intro)),
  table([t.status, t.when], t.handshakes.rows.map(([status, when]) => [status, prose(when)])),
];

function limitTable() {
  const number = new Intl.NumberFormat(language);
  const rows = Object.entries(t.limits).map(([name, [what, beyond]]) =>
    [what, limits[name] === null ? t.unlimited : number.format(limits[name]), prose(beyond)]);
  return [h("p", {}, t.limitsIntro), table([t.limit, t.inForce, t.beyond], rows)];
}

const received = Object.values(operations).filter((operation) => operation.action === "receive");
const actions = [...new Map(received.map((operation) => [operation.title, operation])).values()];
const sections = {
  connecting: connecting(),
  handshakes: handshakes(),
  actions: actions.flatMap(action),
  unrequested: unrequested(),
  order: t.order.flatMap(paragraph),
  return: t.return.flatMap(paragraph),
  shapes: shapes(),
  limits: limitTable(),
  errors: [...["malformed", "too_many_requests"].flatMap(frame), errorTable([...errors.keys()])],
  closing: [closes()],
};

const link = (id, text, className = "") =>
  h("li", { className }, h("a", { href: `#${id}` }, text));
const contents = Object.keys(sections).flatMap((id) => {
  const below = id === "actions" ? actions.map(({ title }) => link(title, title, "below")) : [];
  return [link(id, t.sections[id]), ...below];
});

const other = otherLanguage();
document.documentElement.lang = language;
document.title = t.title;
document.querySelector("#about").append(...prose(contract.info.description));
document.querySelector("#programs").replaceChildren(
  `${t.programs} `, h("a", { href: "/docs/asyncapi.json" }, "asyncapi.json"), `. ${t.generated} `,
  h("a", { href: inThisLanguage("/") }, t.chat), " · ", h("a", { href: other.href, lang: other.code, hreflang: other.code }, other.name));
const nav = document.querySelector("nav");
nav.setAttribute("aria-label", t.contents);
nav.append(h("ul", {}, ...contents));
document.querySelector("main").replaceChildren(
  ...Object.entries(sections).map(([id, content]) => h("section", {}, h("h2", { id }, t.sections[id]), ...content)),
);
// The target of the address did not exist when the page was opened.
document.getElementById(location.hash.slice(1))?.scrollIntoView();
