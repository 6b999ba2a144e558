// The page at `/`, as users see it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { OLEG, personOn, sideBySide, VERA, write } from "./person.js";
import { demo, durable, token, withWorld } from "./service.js";

const removed = (locator) => locator.waitFor({ state: "detached" });

test("two people write, edit and delete", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  await vera.send("the first");
  await oleg.says("the first").waitFor();
  await oleg.send("the answer");
  await vera.says("the answer").waitFor();
  await vera.act("the first", "Edit");
  await vera.field.fill("the first, corrected");
  await vera.view.getByRole("button", { name: "Save" }).click();
  await oleg.says("the first, corrected").waitFor();
  await oleg.view.locator(".message", { hasText: "the first, corrected" }).getByText("edited").waitFor();
  assert.equal(await oleg.says("the first").count(), 0);
  await oleg.act("the answer", "Delete for everyone");
  await removed(vera.says("the answer"));
  await removed(oleg.says("the answer"));
  assert.equal(await vera.says("the first, corrected").count(), 1, "shown once to its author");
});

test("selected messages are deleted together", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  for (const text of ["first", "second", "third"]) await vera.send(text);
  await oleg.says("third").waitFor();
  await vera.act("first", "Select several");
  await vera.view.getByRole("checkbox", { name: "third" }).check();
  await vera.view.getByText("2 selected").waitFor();
  await vera.view.getByRole("button", { name: "Delete" }).click();
  await vera.view.page().getByRole("dialog", { name: "Delete 2 messages for everyone?" }).getByRole("button", { name: "Cancel" }).click();
  await vera.view.getByText("2 selected").waitFor();
  await vera.view.getByRole("button", { name: "Delete" }).click();
  await vera.view.page().getByRole("dialog").getByRole("button", { name: "Delete for everyone" }).click();
  for (const text of ["first", "third"]) await removed(oleg.says(text));
  assert.equal(await oleg.says("second").count(), 1);
  assert.equal(await vera.view.getByRole("checkbox").count(), 0);
});

test("separate tab shows unread messages", async (t) => {
  const { url } = await demo(t);
  const vera = personOn(await open(t, `${url}#1/1`), VERA);
  const page = await open(t, `${url}#2`);
  const oleg = personOn(page, OLEG);
  const room = oleg.view.getByRole("button", { name: VERA });
  await vera.send("are you there?");
  await vera.says("are you there?").waitFor();
  // Two from the demo world, and this one.
  await room.getByText("3 unread messages").waitFor();
  await room.getByText("are you there?").waitFor();
  await page.waitForFunction(() => document.title.startsWith("(3)"));
  await room.click();
  await oleg.says("are you there?").waitFor();
  await page.waitForFunction(() => document.title === "Aftermatch");
  assert.equal(new URL(page.url()).hash, "#2/1", "the address contains the room");
});

test("left room shows no new messages", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  await vera.view.getByRole("button", { name: "Close", exact: true }).click();
  await vera.view.getByText("Choose a room to read and write in.").waitFor();
  await oleg.send("after she left");
  await vera.view.getByRole("button", { name: OLEG }).getByText("after she left").waitFor();
  await vera.view.getByRole("button", { name: "Timur Azimov" }).click();
  await vera.says("Challenge accepted. What are the size and the weight of one cat?").waitFor();
  assert.equal(await vera.says("after she left").count(), 0);
});

test("administrator writes only in business rooms", async (t) => {
  const page = await open(t, `${(await demo(t)).url}#admin-9`);
  const admin = personOn(page, "admin@example.com");
  await admin.view.getByRole("button", { name: "Nina Sedova · Timur Azimov" }).click();
  await admin.says("Hi Nina! We would love to print the wrappers for your winter soap.").waitFor();
  await admin.view.getByText("Administrators read here.").waitFor();
  assert.equal(await admin.field.isVisible(), false);
  await admin.view.getByRole("button", { name: `${VERA} · ${OLEG}` }).click();
  await admin.send("we watch");
  await admin.says("we watch").waitFor();
  await admin.act("Deal. I bring", "Delete for everyone");
  await removed(admin.view.locator(".text", { hasText: "Deal. I bring" }));
});

test("page works with the keyboard alone", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = (name) => page.waitForFunction((name) => document.activeElement.textContent.includes(name), name);
  await focused("side by side");
  await press("Tab", "Enter");
  const vera = personOn(page, VERA);
  await vera.view.getByRole("button", { name: OLEG }).focus();
  await press("ArrowUp");
  await focused("Timur Azimov");
  await press("ArrowDown");
  await focused(OLEG);
  await press("Enter");
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  await page.keyboard.type("line one");
  await press("Shift+Enter");
  await page.keyboard.type("line two");
  await press("Enter");
  await vera.says("line one\nline two").waitFor();
  await press("ArrowUp");
  await page.keyboard.type(", corrected");
  await press("Enter");
  await vera.says("line one\nline two, corrected").waitFor();
  await press("ArrowUp");
  await vera.view.getByText("Editing").waitFor();
  await press("Escape");
  await vera.view.getByText("Editing").waitFor({ state: "hidden" });
  assert.equal(await vera.field.inputValue(), "");
  await vera.view.getByRole("button", { name: "Select", exact: true }).focus();
  await press("Enter", "Space");
  await vera.view.getByText("1 selected").waitFor();
  await press("Escape");
  await vera.field.waitFor();
});

test("same client_msg_id of two authors works", async (t) => {
  const { page, vera } = await sideBySide(t);
  await write(page, 1, ["by Vera"], "1");
  await write(page, 2, ["by Oleg"], "1");
  await vera.says("by Oleg").waitFor();
  await vera.says("by Vera").waitFor();
});

test("long conversation drops and reloads old messages", async (t) => {
  const { page, vera } = await sideBySide(t);
  await write(page, 2, Array.from({ length: 520 }, (_, nth) => `number ${nth + 1}`));
  await vera.says("number 520").waitFor();
  const numbers = async () => (await vera.view.locator(".text").allTextContents()).map((text) => Number(text.slice("number ".length)));
  const before = await numbers();
  assert.ok(before.length <= 500, `${before.length} messages`);
  await vera.view.getByRole("button", { name: "Earlier messages" }).click();
  await vera.says(`number ${before[0] - 1}`).waitFor();
  const after = await numbers();
  assert.deepEqual(after, Array.from({ length: after.length }, (_, nth) => after[0] + nth), "none is missing");
});

test("closed chooser returns the focus", async (t) => {
  const { page } = await sideBySide(t);
  const add = page.getByRole("button", { name: "Add a person" });
  await add.click();
  await page.getByRole("region", { name: "Who do you want to be?" }).getByRole("button", { name: "Close", exact: true }).click();
  await page.waitForFunction(() => document.activeElement.textContent.includes("Add a person"));
  assert.equal(await add.isVisible(), true);
});

test("address opens a room beyond first page", async (t) => {
  const { url } = await withWorld(t, ({ rooms }) => {
    const [{ participants }] = rooms;
    for (let id = 1001; id <= 1150; id += 1) rooms.push({ id, participants });
  });
  const page = await open(t, `${url}#1/1149`);
  const vera = personOn(page, VERA);
  await vera.send("opened");
  await vera.says("opened").waitFor();
  assert.equal(new URL(page.url()).hash, "#1/1149");
});

test("markup in a message stays text", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  const text = "<img src=x onerror=alert(1)><b>bold</b> &amp; ${1}";
  await vera.send(text);
  await oleg.says(text).waitFor();
  assert.equal(await oleg.view.locator(".text img, .text b").count(), 0);
});

test("earlier messages load in order", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  for (let nth = 1; nth <= 60; nth += 1) await vera.send(`number ${nth}`);
  await oleg.says("number 60").waitFor();
  await page.reload();
  await oleg.says("number 60").waitFor();
  assert.equal(await oleg.says("number 10").count(), 0);
  await oleg.view.getByRole("button", { name: "Earlier messages" }).click();
  await oleg.view.locator(".text", { hasText: "We matched :)" }).waitFor({ state: "attached" });
  const texts = await oleg.view.locator(".text").allTextContents();
  const numbers = Array.from({ length: 60 }, (_, nth) => `number ${nth + 1}`);
  assert.deepEqual(texts.slice(4), numbers);
  assert.equal(await oleg.view.getByRole("button", { name: "Earlier messages" }).isVisible(), false);
});

test("frames show no tokens", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  await vera.view.getByRole("button", { name: "Frames" }).click();
  await oleg.send("look below");
  const frames = vera.view.getByRole("complementary", { name: "Frames" });
  const frame = frames.getByText("create_message 201");
  await frame.click();
  await frames.getByText('"text": "look below"').waitFor();
  const tokens = await page.evaluate(async () => (await (await fetch("/page/people.json")).json()).map(({ token }) => token));
  const shown = await frames.textContent();
  for (const token of tokens) assert.ok(!shown.includes(token.split(".")[0]));
});

test("unknown address shows a hint, no people", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, url.replace("127.0.0.1", "elsewhere.localhost"), { cut: true });
  await page.getByText("See CHAT_ALLOWED_ORIGINS").waitFor();
  assert.equal(await page.getByText(VERA).count(), 0);
  assert.equal(await page.getByLabel("Access token").isVisible(), true);
});

test("Russian browser gets Russian texts", async (t) => {
  const page = await open(t, (await demo(t)).url, { locale: "ru-RU" });
  await page.getByRole("heading", { name: "Кем вы хотите быть?" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "ru");
  const missing = await page.evaluate(async () => {
    const { texts } = await import("/page/texts.js");
    const keys = (object) => Object.entries(object).flatMap(([key, value]) => [key, ...(typeof value === "object" ? keys(value) : [])]);
    const [en, ru] = [keys(texts.en), keys(texts.ru)];
    return [...en.filter((key) => !ru.includes(key)), ...ru.filter((key) => !en.includes(key))];
  });
  assert.deepEqual(missing, []);
});

test("browser without a language gets English texts", async (t) => {
  const { url } = await demo(t);
  for (const languages of [["C"], ["c.utf-8", "POSIX"], [""]]) {
    const page = await open(t, url, { languages });
    await page.getByRole("heading", { name: "Who do you want to be?" }).waitFor();
  }
  const page = await open(t, url, { languages: ["C", "ru-RU"] });
  await page.getByRole("heading", { name: "Кем вы хотите быть?" }).waitFor();
});

test("killed service loses no message", async (t) => {
  const service = await durable(t);
  const page = await open(t, service.url, { cut: true });
  for (const user of [1, 2]) {
    if (user === 2) await page.getByRole("button", { name: "Add a person" }).click();
    else await page.getByText("Enter an access token to sign in.").waitFor();
    await page.getByLabel("Access token").fill(token(user));
    await page.getByRole("button", { name: "Enter", exact: true }).click();
  }
  const [vera, oleg] = [VERA, OLEG].map((name) => personOn(page, name));
  await vera.view.getByRole("button", { name: OLEG }).click();
  await oleg.view.getByRole("button", { name: VERA }).click();
  await oleg.field.waitFor();
  await vera.send("before");
  await oleg.says("before").waitFor();
  await service.kill();
  for (const { view } of [vera, oleg]) await view.getByRole("status").getByText("Connection lost.").waitFor();
  await vera.send("while it was away");
  await vera.view.getByText("sending…").waitFor();
  await oleg.send("and so was this");
  await service.start();
  for (const person of [vera, oleg]) {
    await person.says("while it was away").waitFor();
    await person.says("and so was this").waitFor();
    await person.view.locator(".lamp.open").waitFor();
  }
  await oleg.send("after");
  await vera.says("after").waitFor();
  // What is in no log is followed again, too.
  await oleg.view.locator(".message", { hasText: "after" }).locator(".tick.read").waitFor({ state: "attached" });
  await vera.field.pressSequentially("a letter");
  await oleg.view.getByText(`${VERA} is typing…`).waitFor();
  await vera.field.fill("");
  await removed(vera.view.getByText("sending…", { exact: true }).filter({ visible: true }));
  for (const { view } of [vera, oleg]) {
    const texts = (await view.locator(".text").allTextContents()).slice(4);
    assert.equal(texts.length, 4);
    assert.deepEqual([texts[0], texts[3]], ["before", "after"]);
    assert.deepEqual(texts.slice(1, 3).sort(), ["and so was this", "while it was away"]);
  }
});
