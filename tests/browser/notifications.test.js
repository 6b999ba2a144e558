// Notifications of the system.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, setHidden, VERA } from "./person.js";
import { demo } from "./service.js";

test("messages behind other tabs are notified if the user wants", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, "about:blank");
  await page.addInitScript(() => {
    globalThis.shown = [];
    globalThis.requests = 0;
    globalThis.Notification = class {
      static permission = "default";
      static async requestPermission() {
        globalThis.requests += 1;
        return (Notification.permission = "granted");
      }
      constructor(title, options) {
        globalThis.shown.push({ title, body: options.body, node: this });
      }
      close() {}
    };
  });
  await page.goto(`${url}#2`);
  const oleg = personOn(page, OLEG);
  const room = oleg.view.getByRole("button", { name: VERA });
  await room.waitFor();
  const vera = personOn(await open(t, `${url}#1/1`), VERA);
  await setHidden(page, true);
  await vera.send("before the click");
  await room.getByText("before the click").waitFor();
  assert.deepEqual(await page.evaluate(() => [globalThis.requests, globalThis.shown.length]), [0, 0]);
  await setHidden(page, false);
  const button = page.getByRole("button", { name: "Notify me" });
  await button.click();
  await page.waitForFunction(() => globalThis.requests === 1);
  await page.locator("[aria-pressed=true]").waitFor();
  await vera.send("in front");
  await room.getByText("in front").waitFor();
  await setHidden(page, true);
  await vera.send("are you there?");
  await page.waitForFunction(() => globalThis.shown.some(({ body }) => body === "are you there?"));
  const { title, all } = await page.evaluate(() => ({ title: globalThis.shown.at(-1).title, all: globalThis.shown.map(({ body }) => body) }));
  assert.equal(title, `${VERA} → ${OLEG}`);
  assert.deepEqual(all.filter((body) => body !== "in front"), ["are you there?"]);
  await setHidden(page, false);
  await page.evaluate(() => globalThis.shown.at(-1).node.onclick());
  await oleg.says("are you there?").waitFor();
  await button.click();
  await setHidden(page, true);
  await vera.send("not wanted");
  await oleg.says("not wanted").waitFor();
  assert.equal(await page.evaluate(() => globalThis.shown.some(({ body }) => body === "not wanted")), false);
});
