import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readKept, writeKept } from "../../../simulators/sandbox/kept.ts";
import { stopSandbox } from "../../../simulators/sandbox/sandbox.ts";

const folder = mkdtempSync(join(tmpdir(), "kept-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const running = { name: "the simulators", pid: 2 ** 22 - 1, mark: "serve.ts" };
const addresses = { ec2Url: "e", buildkiteUrl: "b", orkaUrl: "o", githubUrl: "g", registryAddress: "r", macs: [] };
const secrets = { sshPrivateKey: "k", orkaToken: "o", githubToken: "g", buildkiteApiToken: "b" };

test("what a sandbox kept is taken up by the next run", () => {
  equal(readKept(folder), undefined);
  const kept = writeKept(folder, { process: running, addresses, secrets, passphrase: "p" });
  deepEqual(readKept(folder), { kept });
});

test("a sandbox of another version can only be ended, with what it started", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000) // old-simulators"], { stdio: "ignore" });
  const old = {
    process: { name: "the simulators", pid: child.pid, mark: "old-simulators" },
    addresses: { ec2Url: "e" },
  };
  for (const version of [old, { ...old, format: 1 }]) {
    writeFileSync(join(folder, "sandbox.json"), JSON.stringify(version));
    deepEqual(readKept(folder), { outdated: old.process });
  }
  const ended = once(child, "exit");
  equal(await stopSandbox(folder), true);
  await ended;
  equal(existsSync(folder), false);
});
