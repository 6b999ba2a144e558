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
