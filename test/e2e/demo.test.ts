import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { localExec } from "../../drivers/exec/local.ts";
import { closeSshConnections, sshExec } from "../../drivers/exec/ssh.ts";
import { listProcesses } from "../../drivers/system/processes.ts";
import { startSandbox } from "../../simulators/sandbox/sandbox.ts";
import { repositoryRoot } from "../support/tools.ts";
import { until } from "../support/until.ts";

const folder = path.join(mkdtempSync(path.join(tmpdir(), "fleet-demo-")), "demo");

const filesIn = (name: string) => (existsSync(path.join(folder, name)) ? readdirSync(path.join(folder, name)) : []);

/** Types `make demo`, so to speak: with a process group of its own, as a terminal gives it. */
function typeDemo(...args: string[]) {
  const argv = [path.join(repositoryRoot, "simulators/demo.ts"), "--folder", folder, ...args];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  let printed = "";
  let hasEnded = false;
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk;
  });
  return {
    printed: () => printed,
    /** Waits until it prints something. @throws Error with all it printed when it ends before */
    says: (words: RegExp) =>
      until(() => {
        if (hasEnded) assert.match(printed, words);
        return words.test(printed);
      }, `it says ${words}`),
    ended: once(child, "close").then(([code]) => {
      hasEnded = true;
      return code as number | null;
    }),
    /** To the whole group, as Ctrl-C is. */
    signal: (name: NodeJS.Signals) => process.kill(-(child.pid ?? Number.NaN), name),
  };
}

after(async () => {
  await typeDemo("--stop").ended;
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

test("killed while the simulators start, interrupted in the middle of the up, killed there: the next run completes", async () => {
  const early = typeDemo();
  await until(
    () => filesIn("simulated").some((file) => file.startsWith("config-")),
    "the simulators are being started",
  );
  early.signal("SIGKILL");
  await early.ended;

  const interrupted = typeDemo();
  await interrupted.says(/created/);
  interrupted.signal("SIGINT");
  assert.notEqual(await interrupted.ended, 0);

  const killed = typeDemo();
  await killed.says(/creat/);
  killed.signal("SIGKILL");
  await killed.ended;

  const last = typeDemo();
  assert.equal(await last.ended, 0, last.printed());
  const table = last.printed().slice(last.printed().indexOf("POOL"));
  assert.equal(table.match(/^(orka|office) .* running /gm)?.length, 7, table);
  // The pool's controller is at work on them already.
  assert.equal(table.match(/^macm1 /gm)?.length, 2, table);
});

const ofDemo = async () => (await listProcesses(localExec())).filter(({ command }) => command.includes(folder));

test("the stop ends every process that the demo started", async () => {
  assert.ok((await ofDemo()).length > 0);
  assert.equal(await typeDemo("--stop").ended, 0);
  await until(async () => (await ofDemo()).length === 0, "nothing of the demo runs");
  assert.ok(!existsSync(folder));
});

test("simulators whose folder is deleted end by themselves, with the VMs on their Macs", async () => {
  const { addresses, secrets } = await startSandbox({ folder, stack: "local" });
  const [mac] = addresses.macs;
  assert.ok(mac);
  const identity = { privateKey: secrets.sshPrivateKey };
  const exec = sshExec({ address: "127.0.0.1", port: mac.port, user: "admin", hostKey: mac.hostKey, identity });
  const job = `<plist version="1.0"><dict><key>Label</key><string>vm</string><key>ProgramArguments</key><array>
    <string>/bin/sleep</string><string>600</string></array><key>RunAtLoad</key><true/></dict></plist>`;
  const load = "cat > vm.plist && launchctl bootstrap gui/$(id -u) vm.plist";
  assert.equal((await exec.run({ argv: ["sh", "-c", load], stdin: job, timeoutSeconds: 20 })).exitCode, 0);
  await closeSshConnections();
  assert.ok((await ofDemo()).length > 1);
  rmSync(folder, { recursive: true });
  await until(async () => (await ofDemo()).length === 0, "nothing of the demo runs");
});
