// The system's browser: Chromium, or Firefox with BROWSER=firefox. A page whose console has an
// error fails its test.

import assert from "node:assert/strict";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import AxeBuilder from "axe-core";
import { chromium, firefox } from "playwright-core";

const NAME = process.env.BROWSER ?? "chromium";
const launch = {
  chromium: () => chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Without requests of the browser itself.
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  }),
  // The channel means a Firefox as it is shipped, driven by WebDriver BiDi. It has a mouse,
  // which it does not expect on a machine without a screen.
  firefox: () => firefox.launch({
    channel: "moz-firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    firefoxUserPrefs: { "ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6 },
  }),
};
const browser = await launch[NAME]();
after(() => browser.close());

/** Why the browser cannot show pages in this colour scheme, or false. */
export function cannotShow(colorScheme) {
  return NAME === "firefox" && colorScheme === "dark" && "WebDriver BiDi of this Firefox has no command for the colour scheme";
}

/** The browser's own messages about a service that is away or refuses. */
const EXPECTED_WHEN_CUT = new RegExp([
  "WebSocket connection to .* failed|Failed to load resource: (net::ERR_|.* status of 403)",
  "Firefox can’t establish a connection to the server at ws:|The connection to ws:.* was interrupted",
].join("|"));

/** What ends all that Chromium is loading when a container starts, and with it a network. */
const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";

/**
 * Opens `url` in a new browser context. Any error in the console fails the test. `cut` allows
 * errors about a service that is away or refuses. `languages` are those that scripts see.
 */
export async function open(t, url, { width = 1280, height = 800, cut = false, languages, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-US", ...options });
  if (languages) {
    await context.addInitScript((names) => {
      Object.defineProperty(navigator, "languages", { value: names });
      Object.defineProperty(navigator, "language", { value: names[0] });
    }, languages);
  }
  if (process.env.LIVE_ASSETS) await serveAssets(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  const failed = (text) => {
    if (text.includes(NETWORK_CHANGED) || (cut && EXPECTED_WHEN_CUT.test(text))) return;
    errors.push(text);
  };
  page.on("pageerror", (error) => failed(error.stack));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) failed(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, []);
  });
  await load(page, url);
  return page;
}

/** Loads `url`, again if a network of the machine came or went meanwhile. */
async function load(page, url) {
  let changed;
  const failed = (request) => {
    if (request.failure()?.errorText === NETWORK_CHANGED) changed = true;
  };
  page.on("requestfailed", failed);
  do {
    changed = false;
    await page.goto(url).catch((error) => {
      if (!error.message.includes(NETWORK_CHANGED)) throw error;
      changed = true;
    });
  } while (changed);
  page.off("requestfailed", failed);
}

/** While the page is being changed: its scripts and styles as they are now, without building the program again. */
async function serveAssets(context) {
  const file = (path) => fileURLToPath(new URL(`../../adapters/http/assets/${path}`, import.meta.url));
  const types = { css: "text/css", js: "text/javascript" };
  await context.route(/\/(page|docs)\/[-.a-z]+\.(js|css)$/, (route) => {
    const { pathname } = new URL(route.request().url());
    const name = pathname.split("/").at(-1);
    const shared = ["dom.js", "language.js", "tokens.css"].includes(name);
    const folder = pathname.startsWith("/docs") ? "docs" : "page";
    const client = name === "aftermatch.js" && "../../../clients/js/aftermatch.js";
    const path = file(client || (shared ? `shared/${name}` : `${folder}/${name}`));
    return route.fulfill({ path, contentType: `${types[path.split(".").at(-1)]}; charset=utf-8` });
  });
}

/** Violations of WCAG 2.2 AA, including contrast. */
export async function violations(page) {
  await page.evaluate(AxeBuilder.source);
  const result = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

/** Elements that are wider than their container. */
export function overflowing(page) {
  return page.evaluate(() => {
    const wide = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1;
    const shown = [...document.querySelectorAll("body, body *")].filter((element) => element.checkVisibility());
    const allowed = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX)
      || getComputedStyle(element).textOverflow === "ellipsis" || getComputedStyle(element).display === "inline"
      || element.closest(".visually-hidden, .lamp");
    return shown.filter((element) => wide(element) && !allowed(element)).map((element) => element.outerHTML.slice(0, 120));
  });
}
