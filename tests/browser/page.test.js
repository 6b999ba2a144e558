// The page at `/`, as people use it.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { faults, open, overflowing } from "./browser.js";
import { demo, durable, token } from "./service.js";

const VERA = "Вера Лунина";
const OLEG = "Олег Травин";

/** What a person sees and can press. */
function seat(page, name) {
  const view = page.getByRole("region", { name, exact: true });
  const field = view.getByRole("textbox");
  return {
    view,
    field,
    says: (text) => view.locator(".text").getByText(text, { exact: true }),
    async send(text) {
      await field.fill(text);
      await field.press("Enter");
    },
    async act(text, what) {
      await view.locator(".message", { hasText: text }).hover();
      await view.getByRole("button", { name: `What to do with “${text}`, exact: false }).click();
      await page.getByRole("dialog").getByRole("button", { name: what, exact: true }).click();
    },
  };
}

async function sideBySide(t, options) {
  const page = await open(t, (await demo(t, options?.service)).url, options);
  await page.getByRole("button", { name: `${VERA} and ${OLEG}, side by side` }).click();
  const [vera, oleg] = [VERA, OLEG].map((name) => seat(page, name));
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  await oleg.says("200 for a start, in October, when the evenings get dark.").waitFor();
  return { page, vera, oleg };
}

/** Writes texts as somebody of the demo, beside the page, in the first room. */
function write(page, user, texts, clientMsgId) {
  return page.evaluate(async ({ user, texts, clientMsgId }) => {
    const { Aftermatch } = await import("/page/aftermatch.js");
    const people = await (await fetch("/page/people.json")).json();
    const client = new Aftermatch({ token: people.find(({ id }) => id === user).token });
    await client.join(1);
    for (const text of texts) await client.send(text, clientMsgId && { clientMsgId });
    client.close();
  }, { user, texts, clientMsgId });
}

const gone = (locator) => locator.waitFor({ state: "detached" });

test("two people write, edit and delete, side by side", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  await vera.send("the first");
  await oleg.says("the first").waitFor();
  await oleg.send("the answer");
  await vera.says("the answer").waitFor();
  await vera.act("the first", "Edit");
  await vera.field.fill("the first, mended");
  await vera.view.getByRole("button", { name: "Save" }).click();
  await oleg.says("the first, mended").waitFor();
  await oleg.view.locator(".message", { hasText: "the first, mended" }).getByText("edited").waitFor();
  assert.equal(await oleg.says("the first").count(), 0);
  await oleg.act("the answer", "Delete for everyone");
  await gone(vera.says("the answer"));
  await gone(oleg.says("the answer"));
  assert.equal(await vera.says("the first, mended").count(), 1, "once for its author, too");
});

test("several messages are deleted at once", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  for (const text of ["first", "second", "third"]) await vera.send(text);
  await oleg.says("third").waitFor();
  await vera.act("first", "Select several");
  await vera.view.getByRole("checkbox", { name: "third" }).check();
  await vera.view.getByText("2 selected").waitFor();
  await vera.view.getByRole("button", { name: "Delete" }).click();
  for (const text of ["first", "third"]) await gone(oleg.says(text));
  assert.equal(await oleg.says("second").count(), 1);
  assert.equal(await vera.view.getByRole("checkbox").count(), 0);
});

test("everybody can have a tab of their own, and sees there what is unread", async (t) => {
  const { url } = await demo(t);
  const vera = seat(await open(t, `${url}#1/1`), VERA);
  const page = await open(t, `${url}#2`);
  const oleg = seat(page, OLEG);
  const room = oleg.view.getByRole("button", { name: VERA });
  await vera.send("are you there?");
  await vera.says("are you there?").waitFor();
  // Two of Vera's from the beginning, and this one.
  await room.getByText("3 unread messages").waitFor();
  await room.getByText("are you there?").waitFor();
  await page.waitForFunction(() => document.title.startsWith("(3)"));
  await room.click();
  await oleg.says("are you there?").waitFor();
  await page.waitForFunction(() => document.title === "Aftermatch");
  assert.equal(new URL(page.url()).hash, "#2/1", "the address leads back here");
});

test("one leaves a room and hears no more, and goes to another", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  await vera.view.getByRole("button", { name: "Leave" }).click();
  await vera.view.getByText("Choose a room to read and write in.").waitFor();
  await oleg.send("she is gone");
  await vera.view.getByRole("button", { name: OLEG }).getByText("she is gone").waitFor();
  await vera.view.getByRole("button", { name: "Timur Azimov" }).click();
  await vera.says("Challenge accepted. What are the size and the weight of one cat?").waitFor();
  assert.equal(await vera.says("she is gone").count(), 0);
});

test("an administrator reads everywhere, and writes where a participant has the business tariff", async (t) => {
  const page = await open(t, `${(await demo(t)).url}#admin-9`);
  const admin = seat(page, "admin@example.com");
  await admin.view.getByRole("button", { name: "Nina Sedova · Timur Azimov" }).click();
  await admin.says("Hi Nina! We would love to print the wrappers for your winter soap.").waitFor();
  await admin.view.getByText("Administrators read here.").waitFor();
  assert.equal(await admin.field.isVisible(), false);
  await admin.view.getByRole("button", { name: `${VERA} · ${OLEG}` }).click();
  await admin.send("we watch");
  await admin.says("we watch").waitFor();
  await admin.act("Deal. I bring", "Delete for everyone");
  await gone(admin.view.locator(".text", { hasText: "Deal. I bring" }));
});

test("all of it can be done with the keyboard", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = (name) => page.waitForFunction((name) => document.activeElement.textContent.includes(name), name);
  await focused("side by side");
  await press("Tab", "Enter");
  const vera = seat(page, VERA);
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
  await page.keyboard.type(", mended");
  await press("Enter");
  await vera.says("line one\nline two, mended").waitFor();
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

test("what cannot be sent says why, and is not lost", async (t) => {
  const { vera } = await sideBySide(t, { service: { flags: ["--max-text-chars", "20"] } });
  await vera.send("far too long for this service");
  await vera.view.getByText("Not sent: It is too long.").waitFor();
  await vera.view.getByRole("button", { name: "Take back" }).click();
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

test("two authors may call their messages the same", async (t) => {
  const { page, vera } = await sideBySide(t);
  await write(page, 1, ["by Vera"], "1");
  await write(page, 2, ["by Oleg"], "1");
  await vera.says("by Oleg").waitFor();
  await vera.says("by Vera").waitFor();
});

test("a conversation that goes on for long keeps the newest, and the others can be read", async (t) => {
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

test("who looks for somebody to add, and does not, is where they were", async (t) => {
  const { page } = await sideBySide(t);
  const add = page.getByRole("button", { name: "Add a person" });
  await add.click();
  await page.getByRole("region", { name: "Who do you want to be?" }).getByRole("button", { name: "Close", exact: true }).click();
  await page.waitForFunction(() => document.activeElement.textContent.includes("Add a person"));
  assert.equal(await add.isVisible(), true);
});

test("the address leads to a room far down the list, too", async (t) => {
  const world = JSON.parse(await readFile(new URL("../../adapters/world/src/demo.json", import.meta.url), "utf8"));
  const [{ participants }] = world.rooms;
  for (let id = 1001; id <= 1150; id += 1) world.rooms.push({ id, participants });
  const folder = await mkdtemp(join(tmpdir(), "aftermatch-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "world.json");
  await writeFile(file, JSON.stringify(world));
  const { url } = await demo(t, { flags: ["--world", file] });
  const page = await open(t, `${url}#1/1149`);
  const vera = seat(page, VERA);
  await vera.send("found it");
  await vera.says("found it").waitFor();
  assert.equal(new URL(page.url()).hash, "#1/1149");
});

test("what people write is text, whatever it looks like", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  const text = "<img src=x onerror=alert(1)><b>bold</b> &amp; ${1}";
  await vera.send(text);
  await oleg.says(text).waitFor();
  assert.equal(await oleg.view.locator(".text img, .text b").count(), 0);
});

test("earlier messages are read in portions, in their order", async (t) => {
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

test("the frames are there for who wants to learn, and no token among them", async (t) => {
  const { page, vera, oleg } = await sideBySide(t);
  await vera.view.getByRole("button", { name: "Frames" }).click();
  await oleg.send("look below");
  const frames = vera.view.getByRole("complementary", { name: "Frames" });
  const heard = frames.getByText("create_message 201");
  await heard.click();
  await frames.getByText('"text": "look below"').waitFor();
  const tokens = await page.evaluate(async () => (await (await fetch("/page/people.json")).json()).map(({ token }) => token));
  const shown = await frames.textContent();
  for (const token of tokens) assert.ok(!shown.includes(token.split(".")[0]));
});

test("at an address that the service does not know it says so, and offers nobody", async (t) => {
  const { url } = await demo(t);
  const page = await open(t, url.replace("127.0.0.1", "elsewhere.localhost"), { cut: true });
  await page.getByText("See CHAT_ALLOWED_ORIGINS").waitFor();
  assert.equal(await page.getByText(VERA).count(), 0);
  assert.equal(await page.getByLabel("Access token").isVisible(), true);
});

test("it speaks Russian to those whose browser does", async (t) => {
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

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`nothing is cut and all can be read: ${colorScheme}, ${width} pixels`, async (t) => {
      const phone = width === 390 ? { height: 844, hasTouch: true, isMobile: true } : {};
      const page = await open(t, (await demo(t)).url, { colorScheme, width, ...phone });
      const look = async (what) => {
        assert.deepEqual(await faults(page), [], what);
        assert.deepEqual(await overflowing(page), [], what);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${width}-${colorScheme}-${what}.png` });
      };
      await look("choosing");
      await page.getByRole("button", { name: "side by side" }).click();
      const vera = seat(page, VERA);
      await vera.send("a message");
      await vera.says("a message").waitFor();
      await seat(page, OLEG).says("a message").waitFor({ state: "attached" });
      await look("talking");
      await vera.view.getByRole("button", { name: "What to do with “a message" }).click();
      await look("options");
      await page.getByRole("button", { name: "Select several" }).click();
      await look("selecting");
      await vera.view.getByRole("button", { name: "Cancel" }).click();
      await vera.view.getByRole("button", { name: "Frames" }).click();
      await look("frames");
      await page.getByRole("button", { name: "Add a person" }).click();
      await look("adding");
    });
  }
}

test("the service dies and comes back, and nothing is lost or doubled", async (t) => {
  const service = await durable(t);
  const page = await open(t, service.url, { cut: true });
  for (const user of [1, 2]) {
    if (user === 2) await page.getByRole("button", { name: "Add a person" }).click();
    else await page.getByText("This service shows no people to choose from.").waitFor();
    await page.getByLabel("Access token").fill(token(user));
    await page.getByRole("button", { name: "Enter" }).click();
  }
  const [vera, oleg] = [VERA, OLEG].map((name) => seat(page, name));
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
    await person.view.getByText("Online").waitFor();
  }
  await oleg.send("after");
  await vera.says("after").waitFor();
  await gone(vera.view.getByText("sending…", { exact: true }).filter({ visible: true }));
  for (const { view } of [vera, oleg]) {
    const texts = (await view.locator(".text").allTextContents()).slice(4);
    assert.equal(texts.length, 4);
    assert.deepEqual([texts[0], texts[3]], ["before", "after"]);
    assert.deepEqual(texts.slice(1, 3).sort(), ["and so was this", "while it was away"]);
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`the documents can be read: ${colorScheme}`, async (t) => {
    const page = await open(t, `${(await demo(t)).url}docs`, { colorScheme });
    await page.getByRole("heading", { name: "create_message" }).first().waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      assert.deepEqual(await faults(page), [], `${width}`);
      assert.deepEqual(await overflowing(page), [], `${width}`);
    }
  });
}
