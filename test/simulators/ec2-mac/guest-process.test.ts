import { deepEqual, equal } from "node:assert/strict";
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { after, describe, test } from "node:test";
import { until } from "../../support/until.ts";
import { processesIn, skip } from "./guest.ts";

const program = join(import.meta.dirname, "one-mac.ts");

describe("Macs of a process", { skip, timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "guests-"));
  chmodSync(folder, 0o777);
  const running: ChildProcess[] = [];
  after(() => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  type Child = ChildProcessByStdio<Writable, Readable, null>;
  async function start(script: string, before: readonly string[] = []): Promise<{ child: Child; said: unknown }> {
    const [command = "", ...args] = [...before, process.execPath, program, join(folder, String(before.length)), script];
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { PATH: process.env.PATH } });
    running.push(child);
    const [line] = await once(createInterface(child.stdout), "line");
    return { child, said: JSON.parse(line) };
  }

  test("end with it, even when it is killed", async () => {
    const { child } = await start("sleep 86400 >/dev/null & echo up");
    const inside = () => processesIn(join(folder, "0"), "i-1");
    await until(() => inside().length > 2);
    child.kill("SIGKILL");
    await until(() => inside().length === 0);
  });

  test("have one user, who is everybody, where the process is not root", async () => {
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const script = `sysadminctl -addUser runner 2>/dev/null; createhomedir -c -u runner
sudo -u runner sh -c 'echo "$USER $EUID"'; [ -O /Users/runner ] && touch /Users/runner/file; echo $?`;
    const { child, said } = await start(script, asNobody);
    const output = "created (1) home directory for runner\nrunner 0\n0\n";
    deepEqual(said, { exitCode: 0, output });
    const ended = once(child, "exit");
    child.stdin.end();
    equal((await ended)[0], 0);
  });
});
