import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type { FailureKind } from "../../../drivers/errors.ts";
import { closeSshConnections, type SshExecOptions, sshExec } from "../../../drivers/exec/ssh.ts";
import { setFaults } from "../../../simulators/mac/faults.ts";
import { newKeyPair } from "../../../simulators/mac/keys.ts";
import { type Mac, startMac } from "../../../simulators/mac/server.ts";
import { execContract, failure, runIn, waitUntilGone } from "./contract.ts";

const folder = mkdtempSync(join(tmpdir(), "ssh-test-"));
const root = join(folder, "mini-1");
const hostKey = newKeyPair();
const userKey = newKeyPair();
let mac: Mac;
before(async () => {
  mac = await startMac({ name: "mini-1", root, hostKey: hostKey.privateKey, authorizedKey: userKey.publicLine });
});
after(async () => {
  await closeSshConnections();
  await mac.close();
  rmSync(folder, { recursive: true });
});

function execTo(changes: Partial<SshExecOptions> = {}) {
  return sshExec({
    address: "127.0.0.1",
    port: mac.port,
    user: "admin",
    hostKey: mac.hostKeyLine,
    identity: { privateKey: userKey.privateKey },
    ...changes,
  });
}

/** This process's private folders, of which there is at most one. */
function privateFolders(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(`mrf-${process.pid}-`))
    .map((name) => join(tmpdir(), name));
}

function masterPid(): number {
  const socket = readdirSync(privateFolders()[0] ?? "").find((name) => name.startsWith("m"));
  const path = join(privateFolders()[0] ?? "", socket ?? "");
  const { stderr } = spawnSync("ssh", ["-F", "none", "-o", `ControlPath=${path}`, "-O", "check", "x"], {
    encoding: "utf8",
  });
  return Number(/pid=(\d+)/.exec(stderr)?.[1]);
}

describe("a program on a Mac", () => {
  execContract(async () => ({ exec: execTo({ name: "mini-1" }), async close() {} }));
});

describe("ssh", () => {
  afterEach(() => setFaults(root));

  test("a variable with a line break is refused", async () => {
    await rejects(runIn(execTo(), ["true"], { env: { A: "a\nb" } }), failure("invalid-argument", /line break/));
  });

  const misread: [string, Partial<SshExecOptions>][] = [
    ["an address that is an option", { address: "-oProxyCommand=id" }],
    ["a user that is an option", { user: "-oProxyCommand=id" }],
    ["a host key that is none", { hostKey: "SHA256:abc" }],
  ];
  for (const [name, changes] of misread) {
    test(`${name} is refused`, () => throws(() => execTo(changes), failure("invalid-argument")));
  }

  test("the environment of a Mac's ssh session gets Homebrew's folders at the end of PATH", async () => {
    const { stdout } = await runIn(execTo(), ["sh", "-c", 'echo "$PATH"']);
    ok(stdout.endsWith(":/opt/homebrew/bin:/usr/local/bin\n"), stdout);
  });

  test("another host key than the pinned one is refused, and nothing runs", async () => {
    const marker = join(folder, "ran");
    const exec = execTo({ hostKey: newKeyPair().publicLine });
    await rejects(runIn(exec, ["touch", marker]), failure("host-key-mismatch", /REMOTE HOST IDENTIFICATION/));
    ok(!existsSync(marker));
  });

  test("another user key is refused", async () => {
    const exec = execTo({ identity: { privateKey: newKeyPair().privateKey } });
    await rejects(runIn(exec, ["true"]), failure("access-denied", /Permission denied/));
  });

  test("a text that is no key is access denied, and is not repeated", async () => {
    const exec = execTo({ identity: { privateKey: "not-a-key" } });
    const error = await runIn(exec, ["true"]).catch((e) => e);
    ok(failure("access-denied")(error));
    ok(!String(error).includes("not-a-key"));
  });

  test("a port where nobody listens is unreachable", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    listener.close();
    await rejects(runIn(execTo({ port }), ["true"]), failure("unreachable", /Connection refused/));
  });

  const openingFaults: [string, Parameters<typeof setFaults>[1], FailureKind][] = [
    ["a Mac that hangs up", { refuseConnections: true }, "unreachable"],
    ["a Mac that takes no key", { rejectKeys: true }, "access-denied"],
  ];
  for (const [name, faults, kind] of openingFaults) {
    test(`${name} is ${kind}, and later it is back`, async () => {
      await closeSshConnections();
      setFaults(root, faults);
      await rejects(runIn(execTo(), ["true"]), failure(kind));
      setFaults(root);
      equal((await runIn(execTo(), ["echo", "back"])).stdout, "back\n");
    });
  }

  test("a connection lost in the middle is unreachable, with what it did unknown; the next call connects anew", async () => {
    const started = Promise.withResolvers<void>();
    const program = runIn(execTo(), ["sh", "-c", "echo started; read -r end; sleep 300"], {
      onLine: () => {
        setFaults(root, { dropAfterBytes: 0 });
        started.resolve();
      },
    });
    await started.promise;
    await rejects(Promise.all([program, runIn(execTo(), ["echo", "cut"])]), failure("unreachable"));
    await rejects(program, failure("unreachable", /unknown/));
    setFaults(root);
    equal((await runIn(execTo(), ["echo", "back"])).stdout, "back\n");
  });

  test("a shared connection that is killed takes its programs along; the next call connects anew", async () => {
    const pids: number[] = [];
    const onLine = (line: string) => {
      pids.push(Number(line));
      process.kill(masterPid(), "SIGKILL");
    };
    await rejects(runIn(execTo(), ["sh", "-c", "echo $$; sleep 300"], { onLine }), failure("unreachable"));
    await waitUntilGone(pids[0] ?? 0);
    equal((await runIn(execTo(), ["echo", "back"])).stdout, "back\n");
  });

  test("who gives up while connecting does not spoil it for others", async () => {
    await closeSshConnections();
    const abort = new AbortController();
    const impatient = runIn(execTo(), ["echo", "a"], { signal: abort.signal });
    const patient = runIn(execTo(), ["echo", "b"]);
    abort.abort();
    await rejects(impatient, failure("aborted"));
    equal((await patient).stdout, "b\n");
  });

  test("two Macs at one address are told apart by their ports", async () => {
    const key = newKeyPair();
    const other = await startMac({
      name: "mini-2",
      root: join(folder, "mini-2"),
      hostKey: key.privateKey,
      authorizedKey: userKey.publicLine,
    });
    const ask = ["scutil", "--get", "ComputerName"] as const;
    const exec = execTo({ port: other.port, hostKey: key.publicLine });
    const [one, two] = await Promise.all([runIn(execTo(), ask), runIn(exec, ask)]);
    deepEqual([one.stdout, two.stdout], ["mini-1\n", "mini-2\n"]);
    await rejects(runIn(execTo({ port: other.port }), ask), failure("host-key-mismatch"));
    await other.close();
  });

  test("the private key is on the disk only while a program runs, and only for us", async () => {
    const seen: number[] = [];
    const onLine = () => {
      const parent = privateFolders()[0] ?? "";
      const key = readdirSync(parent).find((name) => name.startsWith("k")) ?? "";
      seen.push(statSync(parent).mode & 0o777, statSync(join(parent, key)).mode & 0o777);
    };
    await runIn(execTo(), ["echo", "now"], { onLine });
    deepEqual(seen, [0o700, 0o600]);
    deepEqual(
      readdirSync(privateFolders()[0] ?? "").filter((name) => name.startsWith("k")),
      [],
    );
  });

  test("closing ends the shared connections and removes the private folder", async () => {
    await runIn(execTo(), ["true"]);
    const pid = masterPid();
    await closeSshConnections();
    await waitUntilGone(pid);
    deepEqual(privateFolders(), []);
  });

  test("what a killed process left behind is removed by the next", async () => {
    await closeSshConnections();
    const dead = spawnSync("true").pid;
    const left = join(tmpdir(), `mrf-${dead}-aaaaaa`);
    mkdirSync(left);
    writeFileSync(join(left, "k1"), "key");
    await runIn(execTo(), ["true"]);
    ok(!existsSync(left));
  });

  test("a process that exits takes its connection and its folder along", async () => {
    const script = join(folder, "exits.ts");
    const module = JSON.stringify(join(import.meta.dirname, "../../../drivers/exec/ssh.ts"));
    writeFileSync(
      script,
      `import { sshExec } from ${module};
      const { stdout } = await sshExec(JSON.parse(process.env.TARGET)).run({ argv: ["echo", "hi"], timeoutSeconds: 30 });
      console.log(stdout.trim(), process.pid);
      process.exit(0);`,
    );
    const identity = { privateKey: userKey.privateKey };
    const target = { address: "127.0.0.1", port: mac.port, user: "admin", hostKey: mac.hostKeyLine, identity };
    const child = spawn(process.execPath, [script], { env: { ...process.env, TARGET: JSON.stringify(target) } });
    const [output] = await once(child.stdout.setEncoding("utf8"), "data");
    await once(child, "exit");
    ok(output.startsWith("hi "), output);
    deepEqual(
      readdirSync(tmpdir()).filter((name) => name.startsWith(`mrf-${child.pid}-`)),
      [],
    );
  });

  describe("with an agent", () => {
    const socket = join(folder, "agent");
    let agent: ChildProcess;
    before(async () => {
      agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      await once(agent.stdout ?? agent, "data");
      process.env.SSH_AUTH_SOCK = socket;
    });
    after(() => {
      delete process.env.SSH_AUTH_SOCK;
      agent.kill();
    });

    test("the agent's key is used, and no key file is written", async () => {
      const exec = execTo({ identity: { agent: true } });
      await rejects(runIn(exec, ["true"]), failure("access-denied"));
      spawnSync("ssh-add", ["-q", "-"], { input: userKey.privateKey });
      equal((await runIn(exec, ["echo", "in"])).stdout, "in\n");
    });
  });
});
