// The page in WebKit, the engine of Safari: two people write, edit and delete.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OLEG, VERA } from "./person.js";
import { demo } from "./service.js";
import { open } from "./webkit/driver.js";

const ENTER = "\uE007";

test("two people write, edit and delete in WebKit", async (t) => {
  const page = await open(t, (await demo(t)).url);
  const personOn = (name) => {
    const view = `//section[@aria-label="${name}"]`;
    const field = `${view}//textarea`;
    const says = (text) => `${view}//*[contains(@class, "text")][.="${text}"]`;
    return {
      field,
      says,
      sees: (text) => page.sees(says(text)),
      send: (text) => page.type(field, text + ENTER),
      async act(text, what) {
        await page.click(`${view}//button[starts-with(@aria-label, "Actions for “${text}")]`);
        const button = `//dialog[@open]//button[.="${what}"]`;
        await page.click(button);
        // The question before a deletion.
        if (what.startsWith("Delete")) await page.click(button);
      },
      save: () => page.click(`${view}//button[.="Save"]`),
    };
  };
  await page.click(`//button[contains(., "${VERA} and ${OLEG}, side by side")]`);
  const [vera, oleg] = [VERA, OLEG].map(personOn);
  for (const person of [vera, oleg]) await person.sees("200 for a start, in October, when the evenings get dark.");
  await vera.send("the first");
  await oleg.sees("the first");
  await oleg.send("the answer");
  await vera.sees("the answer");
  await vera.act("the first", "Edit");
  await page.clear(vera.field);
  await page.type(vera.field, "the first, corrected");
  await vera.save();
  await oleg.sees("the first, corrected");
  await page.misses(oleg.says("the first"));
  await oleg.act("the answer", "Delete for everyone");
  for (const person of [vera, oleg]) await page.misses(person.says("the answer"));
  assert.equal(await page.count(vera.says("the first, corrected")), 1, "shown once to its author");
});
