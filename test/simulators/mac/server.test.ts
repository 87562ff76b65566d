import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import ssh2 from "ssh2";
import { setFaults } from "../../../simulators/mac/faults.ts";
import { newKeyPair } from "../../../simulators/mac/keys.ts";
import { findJob, readStatus } from "../../../simulators/mac/launchd/jobs.ts";
import { type Mac, startMac } from "../../../simulators/mac/server.ts";
import { homeOf } from "../../../simulators/mac/session.ts";
import { until } from "../../support/until.ts";
import { newRoot, runs } from "./support.ts";

const root = newRoot();
const hostKey = newKeyPair();
const userKey = newKeyPair();
const gui = `gui/${process.getuid?.() ?? 0}`;
const programs = join(root, "programs");
const options = {
  name: "mini-1",
  root,
  hostKey: hostKey.privateKey,
  authorizedKey: userKey.publicLine,
  path: [programs],
  env: { FLAVOUR: "vanilla" },
};
let mac: Mac;
before(async () => {
  mkdirSync(programs);
  writeFileSync(join(programs, "tart"), "#!/bin/sh\necho 2.35.0\n");
  chmodSync(join(programs, "tart"), 0o755);
  mac = await startMac(options);
});
afterEach(() => setFaults(root));
after(async () => {
  await mac.close();
  rmSync(root, { recursive: true });
});

/** Logs in; rejects when that fails. */
async function login(more: ssh2.ConnectConfig = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  const ready = once(client, "ready");
  client.connect({ host: "127.0.0.1", port: mac.port, username: "admin", privateKey: userKey.privateKey, ...more });
  await ready;
  return client;
}

interface End {
  code: number | null | undefined;
  signal: string | undefined;
  stdout: string;
}

async function run(command: string): Promise<End> {
  const client = await login();
  const end: End = { code: undefined, signal: undefined, stdout: "" };
  await new Promise<void>((resolve, reject) => {
    client.on("error", reject).on("close", resolve);
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      channel.on("data", (data: Buffer) => {
        end.stdout += data;
      });
      channel.on("exit", (code: number | null, signal?: string) => Object.assign(end, { code, signal }));
      channel.on("close", () => client.end());
    });
  });
  return end;
}

test("a command starts at home, with the Mac's programs and little else on PATH", async () => {
  const { stdout, code } = await run('pwd; echo "$HOME $USER $FLAVOUR"; tart; sw_vers -productName; echo "$PATH"');
  const [folder, who, tart, system, path] = stdout.split("\n");
  equal(code, 0);
  deepEqual([folder, who, tart, system], [homeOf(root), `${homeOf(root)} admin vanilla`, "2.35.0", "macOS"]);
  ok(path?.startsWith(`${programs}:`) && path.endsWith(":/usr/bin:/bin:/usr/sbin:/sbin"), path);
});

test("exit codes and signals are told", async () => {
  equal((await run("exit 42")).code, 42);
  equal((await run("kill -KILL $$")).signal, "SIGKILL");
});

test("only the user admin with the authorized key gets in", async () => {
  await rejects(login({ username: "root" }), /authentication methods failed/);
  await rejects(login({ privateKey: newKeyPair().privateKey }), /authentication methods failed/);
  await rejects(login({ privateKey: "", password: "admin" }), /authentication methods failed/);
});

test("a program that waits for its client is not ended by its absence, as with OpenSSH, but by closing the Mac", async () => {
  const other = await startMac({ ...options, root: join(root, "other") });
  const client = new ssh2.Client();
  client.connect({ host: "127.0.0.1", port: other.port, username: "admin", privateKey: userKey.privateKey });
  await once(client, "ready");
  const pid = await new Promise<number>((resolve) => {
    client.exec("echo $$; exec sleep 300", (_error, channel) =>
      channel.once("data", (data: Buffer) => resolve(Number(data))),
    );
  });
  client.destroy();
  await run("true");
  ok(runs(pid));
  await other.close();
  ok(!runs(pid));
});

test("faults: a cut after some bytes, and a delay", async () => {
  setFaults(root, { dropAfterBytes: 3 });
  deepEqual(await run("printf 123; sleep 0.1; printf 4"), { code: undefined, signal: undefined, stdout: "123" });
  setFaults(root, { delaySeconds: 0.2 });
  const begin = Date.now();
  await run("true");
  ok(Date.now() - begin >= 200);
});

test("a launch agent outlives the session that loaded it, comes back after a restart, and ends with the Mac", async () => {
  const agents = join(homeOf(root), "Library", "LaunchAgents");
  mkdirSync(agents, { recursive: true });
  writeFileSync(
    join(agents, "vm.plist"),
    `<plist version="1.0"><dict><key>Label</key><string>vm</string><key>KeepAlive</key><true/>
    <key>ProgramArguments</key><array><string>/bin/sleep</string><string>300</string></array></dict></plist>`,
  );
  const pidOf = () => {
    const loaded = findJob(root, gui, "vm");
    return loaded ? readStatus(loaded.folder).pid : undefined;
  };
  equal((await run(`launchctl bootstrap ${gui} ~/Library/LaunchAgents/vm.plist`)).code, 0);
  await until(() => pidOf() !== undefined);
  const first = pidOf() ?? 0;
  ok(runs(first));
  await mac.close();
  ok(!runs(first));

  mac = await startMac(options);
  await until(() => pidOf() !== undefined);
  ok(runs(pidOf() ?? 0));
});

test("as a process it says where it listens, and leaves nothing at SIGTERM", async () => {
  const readyFile = join(root, "ready.json");
  const config = { name: "m", root: join(root, "served"), hostKey: hostKey.privateKey, readyFile };
  writeFileSync(join(root, "config.json"), JSON.stringify({ ...config, authorizedKey: userKey.publicLine }));
  const program = join(import.meta.dirname, "../../../simulators/mac/serve.ts");
  const child = spawn(process.execPath, [program, join(root, "config.json")], { stdio: "inherit" });
  await until(() => existsSync(readyFile));
  const ready = JSON.parse(readFileSync(readyFile, "utf8"));
  deepEqual([ready.pid, ready.hostKeyLine], [child.pid, mac.hostKeyLine]);
  const client = await login({ port: ready.port });
  client.end();
  await once(client, "close");
  child.kill("SIGTERM");
  deepEqual(await once(child, "exit"), [0, null]);
  ok(!existsSync(readyFile));
});
