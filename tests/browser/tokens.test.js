// Signing in with an access token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.js";
import { personOn, VERA } from "./person.js";
import { durable, expired, token } from "./service.js";

test("access token may be pasted with what is around it", async (t) => {
  const service = await durable(t);
  const page = await open(t, service.url, { cut: true });
  const enter = async (text) => {
    await page.getByLabel("Access token").fill(text);
    await page.getByRole("button", { name: "Enter", exact: true }).click();
  };
  const alert = page.getByRole("alert");
  await enter("not a token");
  await alert.getByText("This is not an access token").waitFor();
  const old = expired();
  await enter(`Bearer ${old}`);
  await alert.getByText(/This token expired on .*2024/).waitFor();
  await enter(` "Authorization: Bearer ${token(1)}"\n`);
  await personOn(page, VERA).view.locator(".lamp.open").waitFor();

  // A clock can be wrong, so a second try is a try.
  await page.getByRole("button", { name: "Add a person" }).click();
  await enter(old);
  await alert.getByText("This token expired").waitFor();
  await enter(old);
  const stranger = page.getByRole("region", { name: "User 2", exact: true });
  await stranger.getByText(/This token expired on .* Next try in/).first().waitFor();
  await stranger.getByRole("button", { name: "Close User 2" }).click();

  await page.getByRole("button", { name: "Add a person" }).click();
  await enter(token(9));
  const administrator = page.getByRole("region", { name: "User 9", exact: true });
  await administrator.getByText("has no brand, but is an administrator.").first().waitFor();
  await administrator.getByRole("button", { name: "Enter as an administrator" }).click();
  await administrator.locator(".lamp.open").waitFor();
  await administrator.getByText("Administrator", { exact: true }).waitFor();
  assert.equal(await page.getByRole("region", { name: "User 9", exact: true }).count(), 1);
});
