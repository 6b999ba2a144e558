// The page in worlds other than that of the demo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { personOn, VERA } from "./person.js";
import { demo, withWorld } from "./service.js";

test("profiles may say nothing but an id", async (t) => {
  const { url } = await withWorld(t, (world) => {
    for (const { id, profile } of [...world.users, ...world.brands]) {
      for (const key of Object.keys(profile)) delete profile[key];
      profile.id = id;
    }
  });
  const page = await open(t, url);
  await page.getByRole("button", { name: "Brand 11 and Brand 12, side by side" }).click();
  const [one, two] = ["Brand 11", "Brand 12"].map((name) => personOn(page, name));
  await one.send("hello");
  await two.says("hello").waitFor();
  const message = two.view.locator(".message", { hasText: "hello" });
  assert.equal(await message.evaluate((node) => node.classList.contains("mine")), false);
  await message.getByText("User 1", { exact: true }).waitFor();
  await two.view.locator(".conversation h3", { hasText: "Brand 11" }).waitFor();
  assert.equal(await two.view.locator(".conversation h3").textContent(), "Brand 11");
  await one.field.pressSequentially("more");
  await two.view.getByText("User 1 is typing…").waitFor();
});

/** Adds attachments to every message that comes. */
async function attach(page, attachments) {
  await page.routeWebSocket(/\/ws\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const frame = JSON.parse(text);
      const messages = frame.action === "create_message" ? [frame.data] : frame.data?.results ?? [];
      for (const message of messages) Object.assign(message, attachments(message));
      socket.send(JSON.stringify(frame));
    });
  });
}

test("attachments have a name and a size, and lead only to pages", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, "about:blank");
  const attachments = [
    { id: "a1", name: "план.pdf", url: "https://files.example.com/a1?x=1", size: 1_536_000, type: "application/pdf" },
    { id: 7, name: "<b>x</b>", url: "javascript:alert(1)", size: "big" },
    { id: "only-an-id" },
    { id: { toString: 1 }, name: 5, url: {}, size: -1 },
    null,
  ];
  await attach(page, ({ text }) => (text === "bare" ? { text: " ", attachments } : text === "odd" ? { attachments: "none" } : {}));
  await page.goto(`${url}#1/1`);
  const vera = personOn(page, VERA);
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  await vera.send("bare");
  const message = vera.view.locator(".message").last();
  await message.getByText("план.pdf").waitFor();
  const link = message.getByRole("link");
  assert.equal(await link.count(), 1);
  assert.equal(await link.getAttribute("href"), "https://files.example.com/a1?x=1");
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  assert.deepEqual((await message.getByRole("listitem").allTextContents()).map((text) => text.replace(/\s+/g, " ")), [
    "📎︎ план.pdf 1.5 MB", "📎︎ <b>x</b>", "📎︎ Attachment only-an-id", "📎︎ Attachment"]);
  assert.equal(await message.locator(".text").isVisible(), false);
  await vera.view.locator(".rooms").getByText("📎︎ план.pdf").waitFor();
  await vera.send("odd");
  await vera.says("odd").waitFor();
});
