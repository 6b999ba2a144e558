// What can be done with a message.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sideBySide } from "./person.js";

test("deletion asks first, and the safe answer is focused", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  await vera.send("think again");
  await oleg.says("think again").waitFor();
  const ask = async () => {
    await vera.view.getByRole("button", { name: "Actions for “think again" }).click();
    await page.getByRole("button", { name: "Delete for everyone" }).click();
    await page.getByRole("dialog", { name: "Delete this message for everyone?" }).waitFor();
  };
  await ask();
  await page.keyboard.press("Enter");
  await ask();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await oleg.says("think again").count(), 1);
  await vera.act("think again", "Delete for everyone");
  await oleg.says("think again").waitFor({ state: "detached" });
});

test("every message can be copied, only own ones edited", async (t) => {
  const { page, vera } = await sideBySide(t, { permissions: ["clipboard-read", "clipboard-write"] });
  const text = "200 for a start, in October, when the evenings get dark.";
  await vera.view.getByRole("button", { name: "Actions for “200 for a start" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Copy" }).waitFor();
  const mine = await vera.view.locator(".message", { hasText: text }).evaluate((node) => node.classList.contains("mine"));
  assert.equal(await dialog.getByRole("button", { name: "Edit" }).count(), mine ? 1 : 0);
  await dialog.getByRole("button", { name: "Copy" }).click();
  await vera.view.getByRole("status").getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  await vera.send("to be copied without access");
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("denied")); });
  await vera.act("to be copied without access", "Copy");
  await vera.view.getByRole("status").getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "to be copied without access");
});
