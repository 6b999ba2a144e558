// Nothing that somebody has typed is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, sideBySide, VERA } from "./person.js";
import { demo } from "./service.js";

test("draft survives a reload and is in the list", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  await vera.field.fill("not yet finished");
  await page.reload();
  await vera.field.waitFor();
  assert.equal(await vera.field.inputValue(), "not yet finished");
  assert.equal(await oleg.field.inputValue(), "", "only for its author");
  const room = vera.view.locator(".rooms li", { hasText: OLEG });
  await vera.view.getByRole("button", { name: "Timur Azimov" }).click();
  await room.getByText("Draft: not yet finished").waitFor();
  assert.equal(await vera.field.inputValue(), "");
  await vera.view.getByRole("button", { name: OLEG }).click();
  await vera.send(await vera.field.inputValue());
  await oleg.says("not yet finished").waitFor();
  assert.equal(await vera.view.getByText("Draft:").count(), 0);
});

test("unsent message survives a reload, and is sent once", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, `${url}#1/1`, { cut: true });
  const vera = personOn(page, VERA);
  await vera.field.waitFor();
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  // The service gets the message, but its response is lost.
  await page.context().setOffline(true);
  await page.evaluate(() => { WebSocket.prototype.send = () => {}; });
  await vera.send("in the tunnel");
  await vera.view.getByText("sending…").waitFor();
  await page.context().setOffline(false);
  await page.reload();
  await vera.says("in the tunnel").waitFor();
  await vera.view.getByText("sending…", { exact: true }).and(vera.view.locator(":visible")).waitFor({ state: "detached" });
  const oleg = personOn(await open(t, `${url}#2/1`), OLEG);
  await oleg.says("in the tunnel").waitFor();
  await page.reload();
  await vera.says("in the tunnel").waitFor();
  assert.equal(await vera.says("in the tunnel").count(), 1);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});

test("message written while the room loads is shown", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, "about:blank");
  // The messages of the room never come.
  await page.routeWebSocket(/\/ws\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((text) => JSON.parse(text).action === "get_room_messages" || server.send(text));
  });
  await page.goto(`${url}#1/1`);
  const vera = personOn(page, VERA);
  await vera.view.getByText("Loading…").waitFor();
  await vera.send("before all others");
  await vera.view.getByText("sending…").waitFor();
});

test("old unsent message waits for its author", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, url);
  await page.evaluate(() => localStorage.setItem("aftermatch/1/unsent/k", JSON.stringify({
    key: "k", room: 1, text: "from last week", user: { id: 1 }, state: "sending", created_at: "2024-06-17T18:00:00.000Z" })));
  await page.goto("about:blank");
  await page.goto(`${url}#1/3`);
  const vera = personOn(page, VERA);
  await vera.view.locator(".rooms li", { hasText: OLEG }).getByText("Not sent: from last week").waitFor();
  await vera.view.getByRole("button", { name: OLEG }).click();
  await vera.view.getByText("Not sent: The page was closed before it was sent.").waitFor();
  await vera.view.getByRole("button", { name: "Try again" }).click();
  await vera.view.getByText("Not sent:").and(vera.view.locator(":visible")).waitFor({ state: "detached" });
  assert.equal(await vera.says("from last week").count(), 1);
});

test("page works without storage", async (t) => {
  const page = await open(t, (await demo(t)).url);
  await page.addInitScript(() => Object.defineProperty(globalThis, "localStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } }));
  await page.reload();
  await page.getByRole("button", { name: "side by side" }).click();
  const [vera, oleg] = [VERA, OLEG].map((name) => personOn(page, name));
  await vera.send("still here");
  await oleg.says("still here").waitFor();
});

test("texts have the direction of their script", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  await vera.send("שלום, 3 lamps!");
  await oleg.says("שלום, 3 lamps!").waitFor();
  const direction = (locator) => locator.evaluate((node) => getComputedStyle(node).direction);
  assert.equal(await direction(oleg.says("שלום, 3 lamps!")), "rtl");
  await vera.field.fill("مرحبا");
  assert.equal(await direction(vera.field), "rtl");
  await vera.field.fill("hello");
  assert.equal(await direction(vera.field), "ltr");
});
