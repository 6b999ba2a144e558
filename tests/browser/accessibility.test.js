// Both pages can be read, on small screens and in both colour schemes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cannotShow, open, overflowing, violations } from "./browser.js";
import { OLEG, personOn, VERA } from "./person.js";
import { demo } from "./service.js";

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`page is accessible: ${colorScheme}, ${width} pixels`, { skip: cannotShow(colorScheme) }, async (t) => {
      const phone = width === 390 ? { height: 844, hasTouch: true, isMobile: true } : {};
      const page = await open(t, (await demo(t)).url, { colorScheme, width, ...phone });
      const check = async (name) => {
        assert.deepEqual(await violations(page), [], name);
        assert.deepEqual(await overflowing(page), [], name);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${width}-${colorScheme}-${name}.png` });
      };
      await check("choosing");
      await page.getByRole("button", { name: "side by side" }).click();
      const vera = personOn(page, VERA);
      await vera.send("a message");
      await vera.says("a message").waitFor();
      await personOn(page, OLEG).says("a message").waitFor({ state: "attached" });
      await check("talking");
      await vera.view.getByRole("button", { name: "Actions for “a message" }).click();
      await check("options");
      await page.getByRole("button", { name: "Select several" }).click();
      await check("selecting");
      await vera.view.getByRole("button", { name: "Cancel" }).click();
      await vera.view.getByRole("button", { name: "Frames" }).click();
      await check("frames");
      await page.getByRole("button", { name: "Add a person" }).click();
      await check("adding");
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  test(`low window is accessible: ${colorScheme}, Russian`, { skip: cannotShow(colorScheme) }, async (t) => {
    const { url } = await demo(t);
    const page = await open(t, `${url}#1/1`, { colorScheme, width: 844, height: 180, locale: "ru-RU" });
    const check = async (name) => {
      assert.deepEqual(await violations(page), [], name);
      assert.deepEqual(await overflowing(page), [], name);
    };
    const vera = personOn(page, VERA);
    await vera.send("see https://example.com/ and answer");
    await vera.says("see https://example.com/ and answer").waitFor();
    await check("talking");
    await vera.view.getByRole("button", { name: "Действия с сообщением «see" }).click();
    await check("options");
    await page.getByRole("button", { name: "Удалить у всех" }).click();
    await page.getByRole("dialog", { name: "Удалить это сообщение у всех?" }).waitFor();
    await check("question");
    await page.keyboard.press("Escape");
    await vera.view.getByRole("button", { name: "Назад к комнатам" }).click();
    await check("rooms");
  });

  test(`protocol page is accessible: ${colorScheme}`, { skip: cannotShow(colorScheme) }, async (t) => {
    const page = await open(t, `${(await demo(t)).url}docs`, { colorScheme });
    await page.getByRole("heading", { name: "create_message" }).first().waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      assert.deepEqual(await violations(page), [], `${width}`);
      assert.deepEqual(await overflowing(page), [], `${width}`);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${width}-${colorScheme}-protocol.png` });
    }
  });
}
