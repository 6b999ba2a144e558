// What is new to a person, and what counts as read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, setHidden, sideBySide, VERA, write } from "./person.js";
import { demo } from "./service.js";

const inView = (locator) => locator.evaluate((node) => {
  const { top, bottom } = node.getBoundingClientRect();
  const log = node.closest(".log").getBoundingClientRect();
  return top >= log.top && bottom <= log.bottom + 1;
});

const texts = Array.from({ length: 150 }, (_, nth) => `number ${nth + 1}`);

test("room opens at the first unread message", async (t) => {
  const { url } = await demo(t);
  const vera = await open(t, `${url}#1`);
  await write(vera, 1, texts);
  const page = await open(t, `${url}#2`);
  const oleg = personOn(page, OLEG);
  const room = oleg.view.getByRole("button", { name: VERA });
  await room.getByText("99+").waitFor();
  await room.click();
  const line = oleg.view.locator(".log").getByText("New messages", { exact: true });
  await line.waitFor();
  assert.ok(await inView(line));
  await oleg.view.getByRole("button", { name: "To the newest" }).waitFor();
  assert.ok(await inView(oleg.says("Deal. I bring the lamps, you bring the tea.").or(oleg.view.locator(".new + .message"))));
  // Only what was in view is read, also after a reload.
  await page.waitForFunction(() => Number(/\d+/.exec(document.title)) < 152);
  assert.ok(await page.evaluate(() => Number(/\d+/.exec(document.title)) > 100));
  await oleg.says("number 60").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => Number(/\d+/.exec(document.title)) <= 90);
  assert.match(await page.title(), /^\((8\d|90)\)/);
  await page.reload();
  await line.waitFor();
  await oleg.says("number 61").or(oleg.says("number 70")).first().waitFor();
  assert.match(await page.title(), /^\((6|7|8|9)\d\)/);
  await oleg.view.getByRole("button", { name: "To the newest" }).click();
  assert.ok(await inView(oleg.says("number 150")));
  await page.waitForFunction(() => document.title === "Aftermatch");
});

test("new messages behind other tabs get a line", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  await oleg.send("hello");
  await vera.says("hello").waitFor();
  await vera.send("seen at once");
  await oleg.says("seen at once").waitFor();
  assert.equal(await oleg.view.locator(".new").count(), 0, "not for what is in view");
  await setHidden(page, true);
  await write(page, 1, texts.slice(0, 60));
  await oleg.says("number 60").waitFor();
  await setHidden(page, false);
  assert.ok(await inView(oleg.view.locator(".new")));
  assert.ok(await inView(oleg.says("number 1")));
  assert.equal(await inView(oleg.says("number 60")), false);
  await oleg.send("an answer");
  await oleg.view.locator(".new").waitFor({ state: "detached" });
});

test("button to the newest is there while scrolled up", async (t) => {
  const { page, vera } = await sideBySide(t);
  await write(page, 1, texts.slice(0, 40));
  await vera.says("number 40").waitFor();
  const button = vera.view.getByRole("button", { name: "To the newest" });
  assert.equal(await button.isVisible(), false);
  await vera.says("number 2").scrollIntoViewIfNeeded();
  await button.click();
  assert.ok(await inView(vera.says("number 40")));
  await button.waitFor({ state: "hidden" });
});

test("days are named as people name them", async (t) => {
  const now = new Date();
  const at = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12).getTime();
  const { url } = await demo(t);
  const page = await open(t, url);
  await page.getByRole("button", { name: "side by side" }).click();
  const vera = personOn(page, VERA);
  await vera.send("one for today");
  await vera.view.locator(".day").getByText("Today", { exact: true }).waitFor();
  const names = await page.evaluate(async (times) => {
    const { dayOf } = await import("/page/texts.js");
    return times.map((time) => dayOf(time));
  }, [at(0), at(1), at(400)]);
  assert.deepEqual(names.slice(0, 2), ["Today", "Yesterday"]);
  assert.match(names[2], /^[A-Z][a-z]+ \d+, \d{4}$/);
});
