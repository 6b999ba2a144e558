// nginx with deploy/nginx.conf, in front of several processes of the service.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const SITE = new URL("../../../deploy/nginx.conf", import.meta.url);
// Debian has it where only administrators look.
const PATH = `${process.env.PATH}:/usr/sbin`;

// Nobody signed its certificate.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

/** So many free ports. */
export async function freePorts(number) {
  const servers = Array.from({ length: number }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Starts nginx before the processes on these ports. Resolves with its address. It ends with the test. */
export async function nginx(t, ports) {
  const folder = mkdtempSync(join(tmpdir(), "aftermatch-nginx-"));
  const [http, https] = await freePorts(2);
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem"),
  ], { stdio: "ignore" });
  // The configuration as it is, with other ports, addresses and files.
  const site = readFileSync(SITE, "utf8")
    .replace("listen 80;", `listen 127.0.0.1:${http};`)
    .replace("listen 443 ssl;", `listen 127.0.0.1:${https} ssl;`)
    .replace(/( *)server 127\.0\.0\.1:8000 (.*)/, (_, indent, options) =>
      ports.map((port) => `${indent}server 127.0.0.1:${port} ${options}`).join("\n"))
    .replaceAll("/etc/ssl/chat.example.com", folder)
    .replaceAll("/var/log/nginx", folder);
  writeFileSync(join(folder, "site.conf"), site);
  writeFileSync(join(folder, "nginx.conf"), `
    daemon off;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events { }
    http { include ${folder}/site.conf; }
  `);
  const child = spawn("nginx", ["-c", join(folder, "nginx.conf")], {
    env: { ...process.env, PATH },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true });
  });
  await Promise.race([accepts(https), exited.then(() => { throw new Error("nginx does not start"); })]);
  return `wss://localhost:${https}`;
}

/** Resolves when somebody accepts connections on this port. */
async function accepts(port) {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const accepted = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (accepted) return;
    await pause(20);
  }
}
