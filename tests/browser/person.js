// The people of the demo on the page.

import { open } from "./browser.js";
import { demo } from "./service.js";

export const VERA = "Вера Лунина";
export const OLEG = "Олег Травин";

/** What a person on the page sees and can do. */
export function personOn(page, name) {
  const view = page.getByRole("region", { name, exact: true });
  const field = view.getByRole("textbox");
  return {
    view,
    field,
    says: (text) => view.locator(".text").getByText(text, { exact: true }),
    async send(text) {
      await field.fill(text);
      // On touch devices Enter starts a new line.
      const touch = await page.evaluate(() => matchMedia("(pointer: coarse)").matches);
      await (touch ? view.locator(".composer .primary").click() : field.press("Enter"));
    },
    async act(text, what) {
      await view.locator(".message", { hasText: text }).hover();
      await view.getByRole("button", { name: `Actions for “${text}`, exact: false }).click();
      const button = page.getByRole("dialog").getByRole("button", { name: what, exact: true });
      await button.click();
      // The question before a deletion.
      if (what.startsWith("Delete")) await button.click();
    },
  };
}

export async function sideBySide(t, options) {
  const page = await open(t, (await demo(t, options?.service)).url, options);
  await page.getByRole("button", { name: `${VERA} and ${OLEG}, side by side` }).click();
  const [vera, oleg] = [VERA, OLEG].map((name) => personOn(page, name));
  await vera.says("200 for a start, in October, when the evenings get dark.").waitFor();
  await oleg.says("200 for a start, in October, when the evenings get dark.").waitFor();
  return { page, vera, oleg };
}

/** Writes texts in the first room as a user of the demo, without the page. */
export function write(page, user, texts, clientMsgId) {
  return page.evaluate(async ({ user, texts, clientMsgId }) => {
    const { Aftermatch } = await import("/page/aftermatch.js");
    const people = await (await fetch("/page/people.json")).json();
    const client = new Aftermatch({ token: people.find(({ id }) => id === user).token });
    await client.join(1);
    for (const text of texts) await client.send(text, clientMsgId && { clientMsgId });
    client.close();
  }, { user, texts, clientMsgId });
}

/** As a tab behind others. */
export function setHidden(page, hidden) {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}
