// A browser of the system's, and pages in it whose consoles have to stay clean.

import assert from "node:assert/strict";
import { after } from "node:test";
import AxeBuilder from "axe-core";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // What it would tell or ask the world, it need not.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
after(() => browser.close());

/** What a browser itself says of a service that a test has cut it off from. */
const CUT = /WebSocket connection to .* failed|Failed to load resource: (net::ERR_|.* status of 403)/;

/**
 * Opens `url` in a browser window of its own. Whatever is an error in the console fails the test;
 * `cut` allows those about the service being away, or refusing.
 */
export async function open(t, url, { width = 1280, height = 800, cut = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.stack));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (!(cut && CUT.test(message.text()))) errors.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, []);
  });
  await page.goto(url);
  return page;
}

/** What WCAG 2.2 AA finds wrong with what is shown, contrast included. */
export async function faults(page) {
  await page.evaluate(AxeBuilder.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

/** Whatever stands out of the window, or is wider than what it stands in. */
export function overflowing(page) {
  return page.evaluate(() => {
    const wide = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1;
    const shown = [...document.querySelectorAll("body, body *")].filter((element) => element.checkVisibility());
    const meant = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX)
      || getComputedStyle(element).textOverflow === "ellipsis" || getComputedStyle(element).display === "inline"
      || element.closest(".spoken, .lamp");
    return shown.filter((element) => wide(element) && !meant(element)).map((element) => element.outerHTML.slice(0, 120));
  });
}
