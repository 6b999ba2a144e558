// Checks metrics and alerts with promtool.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open } from "./browser.js";
import { demo } from "./service.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const ALERTS = file("../../deploy/alerts.yml");
const FIRING = file("alerts.yml");

const promtool = (args, input) => spawnSync(process.env.PROMTOOL ?? "promtool", args, { input, encoding: "utf8" });
const check = (metrics) => promtool(["check", "metrics"], metrics);

test("metrics pass promtool", async (t) => {
  const { url } = await demo(t);
  // Gives every family a sample.
  const page = await open(t, `${url}#1/1,admin-9/1`);
  await page.getByRole("log").nth(1).waitFor();
  await fetch(`${url}ws/chat/`);
  const get = async (accept) => {
    const response = await fetch(`${url}metrics`, { headers: { accept } });
    return { type: response.headers.get("content-type"), text: await response.text() };
  };
  const { type, text } = await get("text/plain");
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  assert.match(text, /aftermatch_requests_total\{.*join_room/);
  assert.match(text, /^aftermatch_compressed_bytes_total [1-9]/m, "browsers offer compression");
  assert.match(text, /^process_resident_memory_bytes [1-9]/m);
  const { error, status, stdout, stderr } = check(text);
  assert.ifError(error);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  assert.notEqual(check(text.replaceAll("_total", "")).status, 0, "promtool rejects wrong metrics");
  const openMetrics = await get("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
  assert.match(openMetrics.type, /^application\/openmetrics-text; version=1\.0\.0/);
  assert.match(openMetrics.text, /# EOF\n$/);
});

test("alerts pass promtool", () => {
  const { error, status, stderr } = promtool(["check", "rules", ALERTS]);
  assert.ifError(error);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("each alert fires when it should, and no other", () => {
  const { status, stdout, stderr } = promtool(["test", "rules", FIRING]);
  assert.equal(status, 0, stdout + stderr);
  const firing = readFileSync(FIRING, "utf8");
  for (const [, alert] of readFileSync(ALERTS, "utf8").matchAll(/alert: (\w+)/g)) {
    assert.ok(firing.includes(`alertname="${alert}"`), `no test of ${alert}`);
  }
});
