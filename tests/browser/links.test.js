// Addresses in messages can be followed, and nothing else can.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sideBySide } from "./person.js";

test("addresses in a message become links", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  const links = async (text) => {
    await vera.send(text);
    await oleg.says(text).waitFor();
    const message = oleg.view.locator(".text").last();
    for (const link of await message.getByRole("link").all()) {
      assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
      assert.equal(await link.getAttribute("target"), "_blank");
    }
    return message.getByRole("link").evaluateAll((all) => all.map(({ textContent, href }) => `${textContent} ${href}`));
  };
  assert.deepEqual(await links("Look at https://example.com/a_(b), (or https://ru.wikipedia.org/wiki/C_(x))!"), [
    "https://example.com/a_(b) https://example.com/a_(b)", "https://ru.wikipedia.org/wiki/C_(x) https://ru.wikipedia.org/wiki/C_(x)"]);
  assert.deepEqual(await links("чат.рф, www.example.com/?a=1#b; t.me/aftermatch."), [
    "чат.рф https://xn--80a0bn.xn--p1ai/", "www.example.com/?a=1#b https://www.example.com/?a=1#b", "t.me/aftermatch https://t.me/aftermatch"]);
  assert.deepEqual(await links("vera@example.com, +7 (912) 345-67-89 or 8 800 555-35-35"), [
    "vera@example.com mailto:vera@example.com", "+7 (912) 345-67-89 tel:+79123456789", "8 800 555-35-35 tel:88005553535"]);
  const none = "javascript:alert(1) data:text/html,x file:///etc main.rs 1.2.3 200 lamps on 2024-06-17 18:00, order 8123456789012";
  assert.deepEqual(await links(none), []);
  assert.deepEqual(await links('https://example.com/"onmouseover="alert(1) <a href=//evil.example>x</a>'), ["https://example.com/ https://example.com/"]);
});

test("no text takes long to search for addresses", async (t) => {
  const { vera, oleg } = await sideBySide(t);
  for (const text of ["a-".repeat(4990), `https://x${")".repeat(9900)}`, `x@${"a-.".repeat(3300)}`, `+1${" 2".repeat(4900)}`]) {
    await vera.send(text);
    await oleg.says(text.trim()).waitFor();
  }
});
