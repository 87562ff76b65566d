import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { isRunning } from "../../../drivers/system/processes.ts";
import { publishImage } from "../../../simulators/registry/publish.ts";
import type { RegistryServer } from "../../../simulators/registry/server.ts";
import { callTart, type SimulatedUser, simulatedUser, testRegistry } from "./support.ts";

let user: SimulatedUser;
beforeEach(async () => {
  user = await simulatedUser();
});
afterEach(() => user.close());
const tart = (...argv: string[]) => callTart(argv, user.env);
const usage = (command: string) =>
  new RegExp(`\\nUsage: tart ${command}.*\\n  See 'tart .*--help' for more information\\.\\n$`);

describe("exit codes and texts", () => {
  const cases: { argv: string[]; exitCode: number; stderr: string | RegExp }[] = [
    { argv: ["bogus"], exitCode: 64, stderr: /^Error: Unexpected argument 'bogus'\nUsage: tart <subcommand>\n/ },
    { argv: ["clone"], exitCode: 64, stderr: /^Error: Missing expected argument '<source-name>'\n/ },
    { argv: ["get", "a", "b", "c"], exitCode: 64, stderr: /^Error: 2 unexpected arguments: 'b', 'c'\n/ },
    { argv: ["get", "a", "--what"], exitCode: 64, stderr: /^Error: Unknown option '--what'\n/ },
    { argv: ["set", "a", "--cpu", "x"], exitCode: 64, stderr: /^Error: The value 'x' is invalid for '--cpu <cpu>'\n/ },
    { argv: ["set", "a", "--cpu"], exitCode: 64, stderr: /^Error: Missing value for '--cpu <cpu>'\n/ },
    { argv: ["create", "a"], exitCode: 64, stderr: /^Error: Please specify either a --from-ipsw or --linux option!\n/ },
    { argv: ["clone", "a", "b/c"], exitCode: 64, stderr: /^Error: <new-name> should be a local name\n/ },
    {
      argv: ["clone", "a", "b", "--concurrency", "0"],
      exitCode: 64,
      stderr: /network concurrency cannot be less than 1/,
    },
    { argv: ["list", "--source", "x"], exitCode: 64, stderr: /^Error: 'x' is not a valid <source>\n/ },
    { argv: ["prune"], exitCode: 64, stderr: /at least one pruning criteria must be specified/ },
    {
      argv: ["login", "h", "--username", "u"],
      exitCode: 64,
      stderr: /both --username and --password-stdin are required/,
    },
    {
      argv: ["rename", "a", "b"],
      exitCode: 64,
      stderr: /failed to rename a non-existent local VM: a\nUsage: tart <sub/,
    },
    { argv: ["run", "here", "--vnc", "--vnc-experimental"], exitCode: 64, stderr: /are mutually exclusive/ },
    { argv: ["run", "here", "--graphics", "--no-graphics"], exitCode: 64, stderr: /--graphics and --no-graphics are/ },
    { argv: ["get", "none"], exitCode: 2, stderr: 'the specified VM "none" does not exist\n' },
    { argv: ["run", "none"], exitCode: 1, stderr: 'Error: the specified VM "none" does not exist\n' },
    { argv: ["stop", "here"], exitCode: 2, stderr: 'VM "here" is not running\n' },
    { argv: ["suspend", "here"], exitCode: 2, stderr: 'VM "VM "here" is not running" is not running\n' },
    { argv: ["pull", "a b/c"], exitCode: 1, stderr: /^failed to parse remote name: .* \(character \d+\)\n$/ },
    { argv: ["login", "http://h"], exitCode: 1, stderr: /^improperly formatted host .*doesn't start with http/ },
    { argv: ["delete", "none"], exitCode: 2, stderr: 'the specified VM "none" does not exist\n' },
  ];
  for (const { argv, exitCode, stderr } of cases) {
    test(`tart ${argv.join(" ")}`, async () => {
      await tart("create", "here", "--linux");
      const output = await tart(...argv);
      assert.equal(output.exitCode, exitCode);
      if (typeof stderr === "string") assert.equal(output.stderr, stderr);
      else assert.match(output.stderr, stderr);
      if (exitCode === 64) assert.match(output.stderr, usage(""));
    });
  }

  test("help goes to stdout", async () => {
    assert.match((await tart("--help")).stdout, /SUBCOMMANDS:\n {2}create\n {2}clone\n/);
    assert.match((await tart("set", "--help")).stdout, /^USAGE: tart set <name>/);
  });
});

describe("what is printed", () => {
  test("an empty list", async () => {
    assert.equal((await tart("list", "--format", "json")).stdout, "[\n\n]\n");
    assert.equal((await tart("list")).stdout, "\n");
    assert.equal((await tart("list", "-q")).stdout, "");
  });

  test("get has one key per line and its size as a text", async () => {
    await tart("create", "vm", "--linux", "--disk-size", "20");
    const { stdout } = await tart("get", "vm", "--format", "json");
    assert.match(stdout, /^ {2}"Disk" : 20,$/m);
    assert.match(stdout, /^ {2}"Size" : "0\.\d{3}",$/m);
    assert.doesNotMatch((await tart("get", "vm")).stdout, /Running/);
  });

  test("a table with padded columns", async () => {
    await tart("create", "long-name", "--linux");
    assert.match(
      (await tart("list")).stdout,
      /^Source Name {6}Disk Size Accessed {5,8}State {2}\nlocal {2}long-name 50 {3}0/,
    );
  });
});

describe("quirks of clone and set", () => {
  test("clone replaces in silence, keeps the ECID, and draws a MAC only when it is taken", async () => {
    await tart("create", "base", "--from-ipsw", "latest");
    await tart("create", "target", "--linux");
    assert.deepEqual(await tart("clone", "base", "target"), { exitCode: 0, stdout: "", stderr: "" });
    const [base, target] = [user.vm("base").readConfig(), user.vm("target").readConfig()];
    assert.equal(target.ecid, base.ecid);
    assert.notEqual(target.macAddress, base.macAddress);
    assert.equal(statSync(user.vm("target").disk).size, 50e9);
    assert.ok(user.vm("target").allocatedBytes < 1e6);
    assert.deepEqual(readdirSync(join(user.tartHome, "tmp")), []);
  });

  test("set without --display-refit clears it", async () => {
    await tart("create", "vm", "--linux");
    await tart("set", "vm", "--display-refit");
    assert.equal(user.vm("vm").readConfig().displayRefit, true);
    await tart("set", "vm", "--cpu", "2");
    assert.equal(user.vm("vm").readConfig().displayRefit, undefined);
  });
});

describe("faults", () => {
  test("strike as often as they say, only where they say", async () => {
    await tart("create", "vm", "--linux");
    user.setFaults({ command: "get", kind: "fail", text: "no", exitCode: 3, times: 2, name: "vm" });
    assert.equal((await tart("get", "none")).exitCode, 2);
    for (const expected of [3, 3, 0]) assert.equal((await tart("get", "vm")).exitCode, expected);
    user.setFaults({ command: "delete", kind: "fail", when: "after", text: "lost" });
    assert.equal((await tart("delete", "vm")).stderr, "lost\n");
    assert.equal(existsSync(user.vm("vm").path), false);
  });

  test("calls that find the lock of a dead program go on", async () => {
    await tart("create", "vm", "--linux");
    writeFileSync(join(user.tartHome, ".simulator/home.lock"), "999999999\n");
    writeFileSync(user.vm("vm").runLock, "999999999\n");
    assert.equal((await tart("clone", "vm", "copy")).exitCode, 0);
    assert.equal(user.vm("vm").state, "stopped");
  });

  test("a lock whose number another program got does not run a VM", async () => {
    await tart("create", "vm", "--linux");
    writeFileSync(user.vm("vm").runLock, `${process.ppid}\n`);
    assert.equal(user.vm("vm").state, "stopped");
  });
});

describe("the image cache", () => {
  let registry: RegistryServer;
  before(async () => {
    registry = await testRegistry();
  });
  after(() => registry.close());
  const image = (reference: string) => `${registry.address}/a/b${reference}`;
  const publish = (content: string) => publishImage(registry.address, "a/b", "1", { diskContent: [content, "end"] });
  const names = async () => (await tart("list", "-q", "--source", "oci")).stdout.trim().split("\n").filter(Boolean);

  test("has each image by tag and by digest, with escaped slashes, and forgets what no tag leads to", async () => {
    const first = await publish("first");
    await tart("pull", image(":1"), "--insecure");
    assert.deepEqual(await names(), [image(":1"), image(`@${first}`)]);
    assert.ok((await tart("list", "--format", "json")).stdout.includes("\\/a\\/b:1"));
    const second = await publish("second");
    await tart("clone", image(":1"), "old");
    assert.equal((await tart("fqn", image(":1"))).stdout, `${image(`@${first}`)}\n`);
    await tart("pull", image(":1"), "--insecure");
    assert.deepEqual(await names(), [image(":1"), image(`@${second}`)]);
    await tart("pull", image(`@${first}`), "--insecure");
    await tart("delete", image(":1"));
    assert.deepEqual(await names(), [image(`@${first}`)]);
  });

  test("clone pulls what is absent, and auto-prune makes room at the cost of others", async () => {
    await publish("first");
    const full = { ...user.env, TART_SIM_FREE_BYTES: "0" };
    const cloned = await callTart(["clone", image(":1"), "vm", "--insecure"], full);
    assert.match(cloned.stdout, /^pulling manifest\.\.\.\n/);
    assert.equal((await names()).length, 2);
    await callTart(["clone", "vm", "copy"], { ...full, TART_NO_AUTO_PRUNE: "" });
    assert.equal((await names()).length, 2);
    await callTart(["clone", "vm", "copy"], full);
    assert.deepEqual(await names(), []);
  });

  test("an interrupted pull goes on with the layers that it has; other commands throw them away", async () => {
    await publish("first");
    const temporary = () => readdirSync(join(user.tartHome, "tmp"));
    user.setFaults({ command: "pull", kind: "no-space" });
    assert.match((await tart("pull", image(":1"), "--insecure")).stderr, /No space left on device/);
    assert.equal(temporary().length, 1);
    assert.equal((await tart("pull", image(":1"), "--insecure")).exitCode, 0);
    rmSync(join(user.tartHome, "cache/OCIs"), { recursive: true });
    user.setFaults({ command: "pull", kind: "no-space" });
    await tart("pull", image(":1"), "--insecure");
    await tart("list");
    assert.equal(temporary().length, 0);
  });

  test("progress is redrawn unless CI is set", async () => {
    await publish("first");
    assert.ok((await tart("pull", image(":1"), "--insecure")).stdout.includes("0%\n\u001b[1A\r\u001b[J50%\n"));
    rmSync(join(user.tartHome, "cache/OCIs"), { recursive: true });
    const plain = await callTart(["pull", image(":1"), "--insecure"], { ...user.env, CI: "" });
    assert.match(plain.stdout, /\n0%\n50%\n100%\n/);
  });

  test("push in chunks and with several tags", async () => {
    await tart("create", "vm", "--linux");
    const args = ["--insecure", "--chunk-size", "1", "--label", "a=b=c", "--populate-cache"];
    const pushed = await tart("push", "vm", image(":x"), image(":y"), ...args);
    assert.equal(pushed.stderr, "");
    assert.match(pushed.stdout, /^pushing vm to .*\/a\/b\{:x,:y\}\.\.\.\npushing config\.\.\.\n/);
    assert.equal((await names()).length, 3);
    const again = await tart("pull", image(":x"), "--insecure");
    assert.match(again.stdout, /image is already cached and linked!\n$/);
  });
});

describe("run as a process", () => {
  const startEnded = async (name: string, stop: () => Promise<unknown>) => {
    const ended = user.real.run({ argv: ["tart", "run", name, "--no-graphics"], timeoutSeconds: 60 });
    await user.untilBooted(name);
    await stop();
    return ended;
  };
  const real = (...argv: [string, ...string[]]) => user.real.run({ argv: ["tart", ...argv], timeoutSeconds: 30 });

  const slow = { timeout: 60_000 };
  test("stop, suspend and a guest that shuts down end it with code 0; its programs end with it", slow, async () => {
    await tart("create", "vm", "--from-ipsw", "latest");
    let program = 0;
    const stopped = await startEnded("vm", async () => {
      program = Number((await real("exec", "vm", "sh", "-c", "sleep 300 >/dev/null 2>&1 & echo $!")).stdout);
      assert.ok(await isRunning(user.real, program));
      await real("stop", "vm");
    });
    while (await isRunning(user.real, program));
    assert.deepEqual([stopped.exitCode, stopped.stdout], [0, "Stopping VM...\n"]);
    const off = await startEnded("vm", () => real("exec", "vm", "sudo", "-n", "shutdown", "-h", "now"));
    assert.deepEqual([off.exitCode, off.stdout], [0, "guest has stopped the virtual machine\n"]);
    const suspended = await startEnded("vm", () => real("suspend", "vm"));
    assert.match(suspended.stdout, /snapshot created successfully!/);
    assert.equal(user.vm("vm").state, "suspended");
    assert.equal((await real("stop", "vm")).exitCode, 0);
    assert.equal(user.vm("vm").state, "stopped");
  });

  test("a call can die when its work is done", async () => {
    await tart("create", "vm", "--linux");
    user.setFaults({ command: "delete", kind: "die", when: "after" });
    assert.notEqual((await real("delete", "vm")).exitCode, 0);
    assert.equal(existsSync(user.vm("vm").path), false);
  });

  test("the lease file is macOS's, and outlives the VM", async () => {
    await tart("create", "vm", "--linux");
    await startEnded("vm", () => real("stop", "vm"));
    const leases = readFileSync(join(user.tartHome, ".simulator/dhcpd_leases"), "utf8");
    assert.match(
      leases,
      /^\{\n\tname=.*\n\tip_address=192\.168\.64\.2\n\thw_address=1,[0-9a-f:]+\n\tidentifier=.*\n\tlease=0x[0-9a-f]+\n\}\n$/,
    );
    assert.equal((await tart("ip", "vm")).stdout, "192.168.64.2\n");
  });
});
