// The example of the JavaScript client, served as its first lines say.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { test } from "node:test";
import { open } from "./browser.js";
import { demo } from "./service.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript" };

/** The address of the folder `clients/js`. */
async function folder(t) {
  const server = createServer(async ({ url }, response) => {
    const body = await readFile(new URL(`../../clients/js${url}`, import.meta.url));
    response.writeHead(200, { "content-type": TYPES[extname(url)] }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test("two people chat by the example", async (t) => {
  const { url } = await demo(t);
  const people = await (await fetch(new URL("/page/people.json", url))).json();
  const address = `${await folder(t)}/examples/chat.html`;
  const [vera, oleg] = await Promise.all([1, 2].map((user) => {
    const { token } = people.find(({ id }) => id === user);
    return open(t, `${address}#${new URLSearchParams({ url, token })}`);
  }));
  for (const page of [vera, oleg]) {
    await page.getByRole("button", { name: "Room 1" }).click();
    await page.getByText("200 for a start, in October, when the evenings get dark.").waitFor();
  }
  await vera.getByLabel("Your message").fill("from the example");
  await vera.getByRole("button", { name: "Send" }).click();
  await oleg.getByText("vera@example.com: from the example").waitFor();
  await vera.getByText("vera@example.com: from the example").waitFor();
  assert.equal(await vera.getByRole("status").textContent(), "open");
});

test("example says what is wrong with its token", async (t) => {
  const page = await open(t, `${await folder(t)}/examples/chat.html`);
  await page.getByText("`token` is missing").waitFor();
});
