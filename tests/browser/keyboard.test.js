// The page with the keyboard, and where the focus is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, sideBySide, VERA } from "./person.js";
import { demo } from "./service.js";

const focused = (page) => page.evaluate(() => document.activeElement.textContent);

test("all messages are one tab stop with arrow keys", async (t) => {
  const { page, vera } = await sideBySide(t);
  await vera.send("first, see https://example.com/");
  await vera.send("second");
  await vera.says("second").waitFor();
  await vera.field.focus();
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press("Shift+Tab");
  assert.match(await focused(page), /second/);
  await press("ArrowUp");
  assert.match(await focused(page), /first/);
  await press("ArrowRight");
  assert.equal(await focused(page), "https://example.com/");
  await press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Actions for “first, see https://example.com/”");
  await press("ArrowLeft", "ArrowLeft");
  assert.match(await focused(page), /^You.*first/);
  await press("Tab");
  assert.equal(await vera.field.evaluate((node) => node === document.activeElement), true, "one stop");
  await press("Shift+Tab");
  assert.match(await focused(page), /first/, "the same message as before");
  await press("Home");
  assert.match(await focused(page), /We matched/);
  await press("End", "Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Edit" }).click();
  assert.equal(await vera.field.inputValue(), "second");
});

test("click on a message selects it", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  for (const text of ["first", "second"]) await vera.send(text);
  await oleg.says("second").waitFor();
  await vera.view.getByRole("button", { name: "Select", exact: true }).click();
  await vera.says("first").click();
  await vera.view.getByText("1 selected").waitFor();
  await vera.says("second").click();
  await vera.view.getByText("2 selected").waitFor();
  await vera.says("first").click();
  await vera.view.getByText("1 selected").waitFor();
  assert.equal(await vera.view.getByRole("checkbox", { name: "second" }).isChecked(), true);
});

test("two people do not compete for the focus", async (t) => {
  const { url } = await demo(t);
  for (const [address, expected] of [["#1/1,2/1", VERA], ["#2/1,1/1", OLEG]]) {
    const page = await open(t, `${url}${address}`);
    const [vera, oleg] = [VERA, OLEG].map((name) => personOn(page, name));
    for (const person of [vera, oleg]) await person.says("200 for a start, in October, when the evenings get dark.").waitFor();
    const owner = () => page.evaluate(() => document.activeElement.closest(".person")?.getAttribute("aria-label"));
    assert.equal(await owner(), expected, "the first one");
    await oleg.field.focus();
    await vera.view.getByRole("button", { name: "Select", exact: true }).waitFor();
    await oleg.field.pressSequentially("mine");
    assert.equal(await oleg.field.inputValue(), "mine");
    assert.equal(await owner(), OLEG);
  }
});
