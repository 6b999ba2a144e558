// What the page learns without being asked: rooms, typing, presence and read positions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, setHidden, VERA } from "./person.js";
import { demo } from "./service.js";

const removed = (locator) => locator.waitFor({ state: "detached" });

/**
 * Collects the actions that the page sends from its next load, without the requests that only
 * test the connection. In the page: the protocol of Firefox has no event for frames.
 */
async function watchSent(page) {
  await page.addInitScript(() => {
    const { send } = WebSocket.prototype;
    globalThis.sent = [];
    WebSocket.prototype.send = function (frame) {
      globalThis.sent.push(JSON.parse(frame));
      return send.call(this, frame);
    };
  });
  const actions = (frames) => frames.filter(({ limit }) => limit !== 1).map(({ action }) => action);
  return async () => actions(await page.evaluate(() => globalThis.sent));
}

test("three rooms follow without being asked for", async (t) => {
  const { url } = await demo(t);
  const adminPage = await open(t, `${url}#admin-9`);
  const admin = personOn(adminPage, "admin@example.com");
  const page = await open(t, `${url}#4`);
  const timur = personOn(page, "Timur Azimov");
  const rooms = (person) => person.view.getByRole("navigation").getByRole("listitem");
  await rooms(timur).filter({ hasText: "Nina Sedova" }).waitFor();
  const sent = await watchSent(page);
  await page.reload();
  await rooms(timur).filter({ hasText: "Nina Sedova" }).waitFor();
  const first = async (person, name) => {
    await person.view.locator(".rooms li:first-child", { hasText: name }).waitFor();
  };
  await first(timur, VERA);
  const nina = personOn(await open(t, `${url}#3/2`), "Nina Sedova");
  await nina.send("to the top");
  await first(timur, "Nina Sedova");
  await rooms(timur).filter({ hasText: "to the top" }).getByText("2 unread messages").waitFor();
  await first(admin, "Nina Sedova · Timur Azimov");
  await rooms(admin).filter({ hasText: "to the top" }).waitFor();
  assert.equal(await rooms(admin).count(), 3);
  assert.equal(await admin.view.locator(".unread:visible").count(), 0);

  const vera = personOn(await open(t, `${url}#1/3`), VERA);
  await vera.send("and this one");
  await first(timur, VERA);
  await first(admin, "Timur Azimov · ");
  await nina.act("to the top", "Edit");
  await nina.field.fill("changed");
  await nina.field.press("Enter");
  await rooms(timur).filter({ hasText: "changed" }).waitFor();
  assert.deepEqual(await sent(), ["follow", "list"]);
});

test("others see who is typing and online", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, `${url}#1/1`);
  const vera = personOn(page, VERA);
  const header = vera.view.locator(".conversation header");
  const room = vera.view.locator(".rooms li", { hasText: OLEG });
  await header.getByText("Offline").waitFor();
  const before = await vera.view.locator(".log").boundingBox();
  const olegs = await open(t, `${url}#2/1`);
  const oleg = personOn(olegs, OLEG);
  await header.getByText("Online").waitFor();
  await room.locator(".dot.online").waitFor();
  await oleg.field.pressSequentially("I am about to");
  await header.getByRole("status").getByText(`${OLEG} is typing…`).waitFor();
  assert.equal(await header.getByText("Online").isVisible(), false);
  assert.equal(await oleg.view.getByText("is typing…").count(), 0, "not to the typist");
  await oleg.field.press("Enter");
  await vera.says("I am about to").waitFor();
  await header.getByText("Online").waitFor();
  assert.equal(await header.getByText("is typing…").count(), 0);
  await olegs.close();
  await header.getByText("Last seen").waitFor();
  await vera.view.locator(".rooms .dot:not(.online)").first().waitFor();
  assert.equal(await room.locator(".dot.online").count(), 0);
  assert.deepEqual(await vera.view.locator(".log").boundingBox(), before, "nothing moved");
});

test("own message shows whether it was read", async (t) => {
  const { url } = await demo(t);
  const vera = personOn(await open(t, `${url}#1/1`), VERA);
  const page = await open(t, `${url}#2/1`);
  const oleg = personOn(page, OLEG);
  await oleg.says("200 for a start, in October, when the evenings get dark.").waitFor();
  const tick = (text) => vera.view.locator(".message", { hasText: text }).locator(".tick");
  await vera.send("seen at once");
  await tick("seen at once").and(vera.view.getByRole("img", { name: "Read" })).waitFor();
  await setHidden(page, true);
  await vera.send("behind other tabs");
  await oleg.says("behind other tabs").waitFor();
  await page.waitForFunction(() => document.title === "(1) Aftermatch");
  await vera.send("still there");
  await page.waitForFunction(() => document.title === "(2) Aftermatch");
  assert.equal(await tick("behind other tabs").getAttribute("aria-label"), "Sent");
  const other = personOn(await open(t, `${url}#2`), OLEG);
  await other.view.getByRole("button", { name: VERA }).getByText("2 unread messages").waitFor();
  await setHidden(page, false);
  await page.waitForFunction(() => document.title === "Aftermatch");
  for (const text of ["behind other tabs", "still there"]) {
    await tick(text).and(vera.view.getByRole("img", { name: "Read" })).waitFor();
  }
  await other.view.locator(".rooms .unread").waitFor({ state: "hidden" });
  assert.equal(await oleg.view.locator(".tick:visible").count(), 2, "only at own messages");
});

/** Lets a test send frames to the page as if from the service. */
async function intercept(page) {
  const { promise: connected, resolve } = Promise.withResolvers();
  // What connects before this has ended is not intercepted, and nothing is ever delivered.
  await page.routeWebSocket(/\/ws\//, (socket) => {
    socket.connectToServer();
    resolve(socket);
  });
  const deliver = async (action, data) =>
    (await connected).send(JSON.stringify({ errors: [], data, action, response_status: 200, request_id: null }));
  return { deliver };
}

test("rooms come, change and go", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const { deliver } = await intercept(page);
  await page.getByRole("button", { name: VERA }).last().click();
  const vera = personOn(page, VERA);
  const rooms = vera.view.locator(".rooms li");
  await rooms.filter({ hasText: OLEG }).waitFor();
  const nina = { id: 13, fullname: "Nina Sedova" };
  const room = { pk: 7, participants: [{ id: 11, user: { id: 1 } }, nina], has_business: false, id: 7 };
  const added = { ...room, last_seq: 0, unread: 0, last_message: null, read_seq: 0, online: [11, 13] };
  await deliver("room_added", added);
  await deliver("room_added", added);
  await rooms.filter({ hasText: "Nina Sedova" }).locator(".dot.online").waitFor();
  assert.equal(await rooms.count(), 3);
  const participants = [...room.participants, { id: 14, fullname: "Timur Azimov" }];
  await deliver("room_changed", { room_pk: 7, last_seq: 0, unread: 0, read_seq: 0, last_message: null, room: { ...room, participants }, online: [11] });
  await rooms.filter({ hasText: "Nina Sedova · Timur Azimov" }).waitFor();
  assert.equal(await rooms.filter({ hasText: "Nina Sedova" }).locator(".dot.online").count(), 0);
  await deliver("room_removed", { room_pk: 7, reason: "brand_removed" });
  await removed(rooms.filter({ hasText: "Nina Sedova" }));
  assert.equal(await rooms.count(), 2);
});

test("open room learns of its tariff", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const { deliver } = await intercept(page);
  await page.getByRole("button", { name: "admin@example.com" }).click();
  const admin = personOn(page, "admin@example.com");
  await admin.view.getByRole("button", { name: `${VERA} · ${OLEG}` }).click();
  await admin.says("200 for a start, in October, when the evenings get dark.").waitFor();
  const participants = [{ id: 11, fullname: VERA }, { id: 12, fullname: OLEG }];
  await deliver("room_changed", { room_pk: 1, last_seq: 4, last_message: null, room: { pk: 1, participants, has_business: false, id: 1 } });
  await admin.view.getByText("Administrators read here.").waitFor();
  assert.equal(await admin.field.isVisible(), false);
});

test("open room says why nobody writes in it", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const { deliver } = await intercept(page);
  await page.getByRole("button", { name: "admin@example.com" }).click();
  const admin = personOn(page, "admin@example.com");
  await admin.view.getByRole("button", { name: `${VERA} · ${OLEG}` }).click();
  await admin.field.waitFor();
  const change = (keys) => {
    const room = { pk: 1, participants: [{ id: 11, fullname: VERA }], has_business: false, id: 1, ...keys };
    return deliver("room_changed", { room_pk: 1, last_seq: 4, last_message: null, room });
  };
  await change({ frozen: true, pen: "always" });
  await admin.view.getByText("This room is closed for writing.").waitFor();
  assert.equal(await admin.field.isVisible(), false);
  await change({ pen: "always" });
  await admin.field.waitFor();
  await change({ pen: "never" });
  await admin.view.getByText("Administrators read here.").waitFor();
  await change({});
  await admin.view.getByText("They can write where a participant has the business tariff.").waitFor();
  assert.equal(await admin.field.isVisible(), false);
});
