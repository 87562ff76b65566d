import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

/* The cluster and orka3 as programs of their own. */

const room = fileURLToPath(new URL("../../../simulators/orka", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "orka-process-"));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const readyFile = join(folder, "ready.json");
const configFile = join(folder, "config.json");
writeFileSync(
  configFile,
  JSON.stringify({
    readyFile,
    stateFile: join(folder, "state.json"),
    token: "admin-token",
    bootSeconds: 60,
    speed: 6000,
    nodes: [{ name: "mini-1", ip: "10.0.0.1", cpu: 12, memoryGb: 64 }],
    images: [{ name: "sonoma", sizeGb: 90 }],
  }),
);

async function serve(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(room, "serve.ts"), configFile], { stdio: "inherit" });
  children.push(child);
  const deadline = Date.now() + 10_000;
  while (!existsSync(readyFile)) {
    assert.ok(Date.now() < deadline && child.exitCode === null, "the cluster did not start");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { child, url: JSON.parse(readFileSync(readyFile, "utf8")).url };
}

function orka3(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder, MAC_SIM_NODE: process.execPath };
  return new Promise((resolve, reject) => {
    execFile(join(room, "bin", "orka3"), args, { env }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

test("a cluster serves, ends on SIGTERM and is the same when it comes back", async () => {
  const first = await serve();
  await orka3("config", "set", "--api-url", first.url);
  await orka3("user", "set-token", "admin-token");
  const deployed = JSON.parse(await orka3("vm", "deploy", "vm-1", "-i", "sonoma", "--metadata", "a=b", "-o", "json"));
  assert.equal(deployed[0].status, "Running");
  const ended = new Promise((resolve) => first.child.once("exit", resolve));
  first.child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.ok(!existsSync(readyFile));
  const second = await serve();
  await orka3("config", "set", "--api-url", second.url);
  await orka3("user", "set-token", "admin-token");
  const [vm] = JSON.parse(await orka3("vm", "list", "-o", "json"));
  assert.deepEqual([vm.name, vm.status, vm.customMetadata], ["vm-1", "Running", { a: "b" }]);
});

test("errors of the program are on stderr with exit code 1", async () => {
  await assert.rejects(orka3("vm", "delete", "nobody"), (error: Error & { code?: number; stderr?: string }) => {
    assert.equal(error.code, 1);
    assert.match(error.message, /Error: virtualmachineinstances\.orka\.macstadium\.com "nobody" not found/);
    return true;
  });
});
