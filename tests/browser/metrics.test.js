// The metrics, judged by Prometheus's own tool.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open } from "./browser.js";
import { demo } from "./service.js";

/**
 * promtool reads the older text format alone, in which a counter's family is called like its
 * samples, an info is a gauge, and there are neither units nor an end.
 */
function olderFormat(openMetrics) {
  const kinds = new Map([...openMetrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const suffix = { counter: "_total", info: "_info" };
  const family = (line, word, name, rest) =>
    `# ${word} ${name}${suffix[kinds.get(name)] ?? ""} ${word === "TYPE" && rest === "info" ? "gauge" : rest}`;
  return openMetrics.replace(/^# (?:UNIT .*|EOF)\n/gm, "").replace(/^# (HELP|TYPE) (\S+) (.*)$/gm, family);
}

const promtool = (args, input) => spawnSync(process.env.PROMTOOL ?? "promtool", ["check", ...args], { input, encoding: "utf8" });
const judge = (metrics) => promtool(["metrics"], metrics);

test("promtool finds nothing wrong with the metrics", async (t) => {
  const { url } = await demo(t);
  // So that every family has something in it.
  const page = await open(t, `${url}#1/1,admin-9/1`);
  await page.getByRole("log").nth(1).waitFor();
  await fetch(`${url}ws/chat/`);
  const { headers, text } = await fetch(`${url}metrics`).then(async (answer) => ({ headers: answer.headers, text: await answer.text() }));
  assert.match(headers.get("content-type"), /^application\/openmetrics-text; version=1\.0\.0/);
  assert.match(text, /aftermatch_requests_total\{.*join_room/);
  assert.match(text, /# EOF\n$/);
  const { error, status, stdout, stderr } = judge(olderFormat(text));
  assert.ifError(error);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  assert.notEqual(judge(olderFormat(text).replaceAll("_total", "")).status, 0, "it does look");
});

test("promtool finds nothing wrong with the alerts", () => {
  const { error, status, stderr } = promtool(["rules", fileURLToPath(new URL("../../deploy/alerts.yml", import.meta.url))]);
  assert.ifError(error);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});
