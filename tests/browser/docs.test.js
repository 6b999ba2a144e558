// The page about the protocol.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { demo } from "./service.js";

// `open` fails a test whose console has an error.
test("any fragment of the address is accepted", async (t) => {
  const { url } = await demo(t);
  for (const fragment of ["#[", "#1", "#%zz", "#a b", "#\"", "#.x", "#", "#no-such-heading"]) {
    const page = await open(t, `${url}docs${fragment}`);
    await page.getByRole("heading", { name: "create_message" }).first().waitFor();
  }
  const page = await open(t, `${url}docs#create_message`);
  await page.waitForFunction(() => Math.abs(document.getElementById("create_message")?.getBoundingClientRect().top) < 200);
  assert.ok(await page.evaluate(() => scrollY > 0));
});

test("limits are those of this service", async (t) => {
  const { url } = await demo(t, { flags: ["--max-text-chars", "1234", "--max-connections", "55"] });
  const page = await open(t, `${url}docs`);
  const row = (name) => page.getByRole("row", { name });
  await row("length of a text, in characters 1,234 400 text_too_long").waitFor();
  await row("connections in all 55 close 1013").waitFor();
  await row("frames of one connection in a second; four times as many at once no limit").waitFor();
  const shown = page.locator("h2#limits ~ .table tbody tr");
  assert.equal(await shown.count(), await page.evaluate(async () => Object.keys(await (await fetch("/docs/limits.json")).json()).length));
});

test("page has all of the protocol in Russian", async (t) => {
  const page = await open(t, `${(await demo(t)).url}docs`, { locale: "ru-RU" });
  for (const name of ["Порядок", "Возвращение", "Лимиты", "Отказ в подключении", "Коды закрытия"]) {
    await page.getByRole("heading", { name, exact: true }).waitFor();
  }
  assert.equal(await page.locator("html").getAttribute("lang"), "ru");
  const untranslated = await page.evaluate(async () => {
    const { texts, translations } = await import("/docs/texts.js");
    const document = await (await fetch("/docs/asyncapi.json")).json();
    const said = new Set();
    const collect = (value) => {
      for (const [key, inner] of Object.entries(value ?? {})) {
        if (key === "examples") continue;
        if (typeof inner === "object") collect(inner);
        else if (["summary", "description", "meaning", "advice", "when"].includes(key)) said.add(inner.replaceAll(/\s+/g, " ").trim());
      }
    };
    collect(document);
    said.delete("");
    const keys = (object) => Object.entries(object).flatMap(([key, value]) => [key, ...(typeof value === "object" ? keys(value) : [])]);
    const [en, ru] = [keys(texts.en), keys(texts.ru)].map((all) => all.filter((key) => !["string", "integer", "number", "boolean", "array", "object", "null"].includes(key)));
    return {
      missing: [...said].filter((text) => !translations[text]),
      old: Object.keys(translations).filter((text) => !said.has(text) && !text.startsWith("For ")),
      keys: [...en.filter((key) => !ru.includes(key)), ...ru.filter((key) => !en.includes(key))],
    };
  });
  assert.deepEqual(untranslated, { missing: [], old: [], keys: [] });
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { name: "Coming back" }).waitFor();
  await page.getByRole("link", { name: "To the chat" }).click();
  await page.getByRole("heading", { name: "Who do you want to be?" }).waitFor();
  await page.getByRole("link", { name: "Русский" }).click();
  await page.getByRole("heading", { name: "Кем вы хотите быть?" }).waitFor();
});
