// Takes screenshots of the page, to be looked at: `node --test screenshots.js`, with a folder in
// SCREENSHOTS. In each window size, colour scheme and language.

import { test } from "node:test";
import { open } from "./browser.js";
import { personOn, VERA, write } from "./person.js";
import { demo } from "./service.js";

const SIZES = [[1280, 800], [390, 844], [844, 180]];
const TEXTS = {
  "en-US": { delete: "Delete for everyone", actions: "Actions for", frames: "Frames", expired: "Enter" },
  "ru-RU": { delete: "Удалить у всех", actions: "Действия с сообщением", frames: "Фреймы", expired: "Войти" },
};
const folder = process.env.SCREENSHOTS ?? ".";

for (const [width, height] of SIZES) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [locale, names] of Object.entries(TEXTS)) {
      test(`${width} x ${height}, ${colorScheme}, ${locale}`, async (t) => {
        const { url } = await demo(t);
        const touch = width === 1280 ? {} : { hasTouch: true, isMobile: true };
        const page = await open(t, url, { width, height, colorScheme, locale, ...touch });
        const shot = (name) => page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}-${locale.slice(0, 2)}.png` });
        await page.getByRole("button", { name: VERA }).first().waitFor();
        await shot("chooser");
        await write(page, 2, ["Look: https://чат.рф/каталог?q=чай, or call +7 (912) 345-67-89.", "שלום, 3 lamps!", "short"]);
        await page.goto("about:blank");
        await page.goto(`${url}#1/1${width === 1280 ? ",2/1" : ""}`);
        const vera = personOn(page, VERA);
        await vera.says("short").waitFor();
        await shot("unread");
        await vera.field.fill("one\ntwo\nthree\nfour\nfive\nsix");
        await shot("writing");
        await vera.field.fill("");
        await vera.send("an answer that is somewhat longer, so that it needs two lines in a narrow window");
        await vera.says("an answer that is somewhat longer, so that it needs two lines in a narrow window").waitFor();
        await shot("room");
        await vera.view.getByRole("button", { name: `${names.actions} ${locale === "ru-RU" ? "«" : "“"}an answer` }).click();
        await shot("menu");
        await page.getByRole("button", { name: names.delete }).click();
        await shot("confirm");
        await page.keyboard.press("Escape");
        await page.goto(`${url}docs#limits`);
        await page.locator("#limits").waitFor();
        await shot("docs");
      });
    }
  }
}
