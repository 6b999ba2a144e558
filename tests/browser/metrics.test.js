// Checks metrics and alerts with promtool.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open } from "./browser.js";
import { demo } from "./service.js";

/**
 * promtool reads only the older text format. There the family of a counter has the name of its
 * samples, an info metric is a gauge, and there are no units and no end marker.
 */
function toOlderFormat(openMetrics) {
  const kinds = new Map([...openMetrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const suffix = { counter: "_total", info: "_info" };
  const family = (line, word, name, rest) =>
    `# ${word} ${name}${suffix[kinds.get(name)] ?? ""} ${word === "TYPE" && rest === "info" ? "gauge" : rest}`;
  return openMetrics.replace(/^# (?:UNIT .*|EOF)\n/gm, "").replace(/^# (HELP|TYPE) (\S+) (.*)$/gm, family);
}

const promtool = (args, input) => spawnSync(process.env.PROMTOOL ?? "promtool", ["check", ...args], { input, encoding: "utf8" });
const check = (metrics) => promtool(["metrics"], metrics);

test("metrics pass promtool", async (t) => {
  const { url } = await demo(t);
  // Gives every family a sample.
  const page = await open(t, `${url}#1/1,admin-9/1`);
  await page.getByRole("log").nth(1).waitFor();
  await fetch(`${url}ws/chat/`);
  const { headers, text } = await fetch(`${url}metrics`).then(async (answer) => ({ headers: answer.headers, text: await answer.text() }));
  assert.match(headers.get("content-type"), /^application\/openmetrics-text; version=1\.0\.0/);
  assert.match(text, /aftermatch_requests_total\{.*join_room/);
  assert.match(text, /# EOF\n$/);
  const { error, status, stdout, stderr } = check(toOlderFormat(text));
  assert.ifError(error);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  assert.notEqual(check(toOlderFormat(text).replaceAll("_total", "")).status, 0, "promtool rejects wrong metrics");
});

test("alerts pass promtool", () => {
  const { error, status, stderr } = promtool(["rules", fileURLToPath(new URL("../../deploy/alerts.yml", import.meta.url))]);
  assert.ifError(error);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});
