// The field to write in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, sideBySide, VERA } from "./person.js";
import { demo } from "./service.js";

const short = { service: { flags: ["--max-text-chars", "20"] } };

test("too long a text is not sent, and shows by how much", async (t) => {
  const { vera, oleg } = await sideBySide(t, short);
  const send = vera.view.getByRole("button", { name: "Send" });
  await vera.field.fill("🙂".repeat(20));
  await vera.view.getByText("0 characters left").waitFor();
  assert.equal(await send.isEnabled(), true);
  await vera.field.press("End");
  await vera.field.pressSequentially("abc");
  await vera.view.getByText("3 characters too long").waitFor();
  assert.equal(await send.isEnabled(), false);
  await vera.field.press("Enter");
  assert.equal(await vera.field.inputValue(), `${"🙂".repeat(20)}abc`);
  await vera.send("🙂".repeat(20));
  await oleg.says("🙂".repeat(20)).waitFor();
  await vera.view.locator(".left").waitFor({ state: "hidden" });
});

test("refused text stays and shows the sentence of the service", async (t) => {
  const { url } = await demo(t, short.service);
  const page = await open(t, "about:blank");
  // As with a service that does not say its limits.
  await page.routeWebSocket(/\/ws\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => socket.send(text.replace('"text_chars":20,', "")));
  });
  await page.goto(`${url}#1/1`);
  const vera = personOn(page, VERA);
  await vera.send("far too long for this service");
  await vera.view.getByText(/Not sent: It is too long. \(.*20.*\)/).and(vera.view.locator(".failure span")).waitFor();
  await vera.view.getByRole("button", { name: "Put back into the field" }).click();
  assert.equal(await vera.field.inputValue(), "far too long for this service");
  await vera.send("short enough");
  await vera.says("short enough").waitFor();
  assert.equal(await vera.view.getByText("Not sent").count(), 0);
  await vera.field.fill("a draft");
  await vera.act("short enough", "Edit");
  await vera.send("changed to something too long");
  await vera.view.getByRole("alert").getByText("It is too long.").waitFor();
  await vera.view.getByText("Editing").waitFor();
  assert.equal(await vera.field.inputValue(), "changed to something too long");
  await vera.field.press("Escape");
  assert.equal(await vera.field.inputValue(), "a draft");
});

test("Enter starts a line where people type with fingers", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, `${url}#1/1`, { width: 390, height: 844, hasTouch: true, isMobile: true });
  const vera = personOn(page, VERA);
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  await vera.field.tap();
  await page.keyboard.type("line one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("line two");
  assert.equal(await vera.field.inputValue(), "line one\nline two");
  await vera.view.getByRole("button", { name: "Send" }).tap();
  await vera.says("line one\nline two").waitFor();
});

for (const [width, height, name] of [[844, 180, "phone on its side with a keyboard"], [320, 200, "page at 400 %"], [390, 380, "phone with a keyboard"]]) {
  test(`field is inside its card: ${name}`, async (t) => {
    const { url } = await demo(t);
    const page = await open(t, `${url}#1/1`, { width, height });
    const vera = personOn(page, VERA);
    await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
    const inside = async () => {
      const [card, field, send, log] = await Promise.all([vera.view, vera.field, vera.view.getByRole("button", { name: "Send" }), vera.view.locator(".log")]
        .map((locator) => locator.boundingBox()));
      for (const box of [field, send]) {
        assert.ok(box.y >= card.y && box.y + box.height <= Math.min(height, card.y + card.height), JSON.stringify({ card, box }));
        assert.ok(box.x >= 0 && box.x + box.width <= width);
      }
      assert.ok(log.height >= 24, `${log.height} pixels of messages`);
    };
    await inside();
    await vera.field.fill("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine");
    await inside();
    await vera.view.getByRole("button", { name: "Back to the rooms" }).click();
    await vera.view.getByRole("button", { name: OLEG }).waitFor();
    await page.getByRole("button", { name: "Add a person" }).waitFor();
  });
}
