import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Command, Exec } from "../../../drivers/exec/types.ts";
import { tartCli } from "../../../drivers/tart/cli.ts";
import type { Tart } from "../../../drivers/tart/types.ts";
import { publishImage } from "../../../simulators/registry/publish.ts";
import type { RegistryServer } from "../../../simulators/registry/server.ts";
import { callTart, type SimulatedUser, simulatedUser, testRegistry } from "../../simulators/tart/support.ts";

const create = (user: SimulatedUser, name: string, os: "linux" | "darwin" = "darwin") =>
  callTart(["create", name, ...(os === "linux" ? ["--linux"] : ["--from-ipsw", "latest"])], user.env);

describe("tart's local VMs", () => {
  let user: SimulatedUser;
  let tart: Tart;
  beforeEach(async () => {
    user = await simulatedUser();
    tart = tartCli(user.quick);
    await create(user, "base");
  });
  afterEach(() => user.close());

  test("version, list and get", async () => {
    assert.equal(await tart.version(), "2.35.0");
    const [listed, ...others] = await tart.list();
    assert.deepEqual(others, []);
    assert.match(listed?.accessed ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { accessed: _, ...rest } = listed ?? {};
    assert.deepEqual(rest, { source: "local", name: "base", diskGb: 50, state: "stopped" });
    const details = await tart.get("base");
    const expected = {
      cpu: 4,
      memoryMb: 4096,
      diskGb: 50,
      allocatedGb: details.allocatedGb,
      os: "darwin",
      state: "stopped",
    };
    assert.deepEqual(details, expected);
    await assert.rejects(tart.get("none"), { kind: "not-found" });
  });

  test("lists of older versions", async () => {
    const old = tartCli({ where: "an old Mac", run: withVersion(user, "2.30.0") });
    assert.deepEqual(await old.list(), [{ source: "local", name: "base", diskGb: 50, state: "stopped" }]);
  });

  for (const name of ["two words", "ünïcödé ☃", "a'b\"c", "$(id)", "..."]) {
    test(`a VM named ${name} lives and dies`, async () => {
      await tart.clone("base", name);
      await tart.set(name, { cpu: 6, memoryMb: 8192, diskGb: 60 });
      assert.equal((await tart.get(name)).cpu, 6);
      assert.deepEqual((await tart.list()).map((vm) => vm.name).sort(), [name, "base"].sort());
      await tart.delete(name);
      await tart.delete(name);
      assert.deepEqual(
        (await tart.list()).map((vm) => vm.name),
        ["base"],
      );
    });
  }

  for (const name of ["..", "", "-q", "a/b"]) {
    test(`a VM named ${JSON.stringify(name)} is refused before tart is asked`, async () => {
      const nobody = tartCli({ where: "nowhere", run: () => assert.fail("tart was asked") });
      await assert.rejects(nobody.delete(name), { kind: "invalid-argument" });
      await assert.rejects(nobody.get(name), { kind: "invalid-argument" });
    });
  }

  test("clone never replaces what is there", async () => {
    await create(user, "other");
    const { ecid } = user.vm("other").readConfig();
    await assert.rejects(tart.clone("base", "other"), { kind: "already-exists" });
    assert.equal(user.vm("other").readConfig().ecid, ecid);
  });

  test("set gives a new identity and refuses what cannot be", async () => {
    const before = user.vm("base").readConfig();
    await tart.set("base", { randomMac: true, randomSerial: true });
    const now = user.vm("base").readConfig();
    assert.notEqual(now.ecid, before.ecid);
    assert.notEqual(now.macAddress, before.macAddress);
    await assert.rejects(tart.set("base", { cpu: 1 }), {
      kind: "invalid-argument",
      vendorText: /CPU cores at minimum/,
    });
    await assert.rejects(tart.set("base", { memoryMb: 1 }), { kind: "invalid-argument" });
    await assert.rejects(tart.set("base", { diskGb: 40 }), { kind: "invalid-argument", vendorText: /50 GB/ });
    await assert.rejects(tart.set("none", { cpu: 4 }), { kind: "not-found" });
  });

  test("an exit code of 0 is not believed when nothing changed", async () => {
    const idle: Exec = {
      where: "a Mac",
      run: async (c) => (c.argv[1] === "get" ? user.quick.run(c) : { exitCode: 0, stdout: "", stderr: "" }),
    };
    await assert.rejects(tartCli(idle).set("base", { cpu: 8 }), { kind: "failed", vendorText: "cpu: 4 instead of 8" });
    await assert.rejects(tartCli(idle).delete("base"), { kind: "failed" });
    await assert.rejects(tartCli(idle).clone("base", "copy"), { kind: "not-found" });
  });

  test("stopped is believed only when the config can be read, twice", async () => {
    assert.equal(await tart.isProvenStopped("base"), true);
    user.setFaults({ command: "list", kind: "config-unreadable" }, { command: "get", kind: "config-unreadable" });
    assert.equal((await tart.list())[0]?.state, "stopped");
    await assert.rejects(tart.isProvenStopped("base"), { kind: "failed" });
  });

  test("a damaged VM is reported as such", async () => {
    rmSync(user.vm("base").nvram);
    await assert.rejects(tart.get("base"), { kind: "failed", hint: /damaged/ });
    await assert.rejects(tart.clone("x", "base"), { kind: "failed" });
    rmSync(user.vm("base").config);
    await assert.rejects(tart.delete("base"), { kind: "failed", vendorText: /failed to open lock file/ });
    await create(user, "corrupt");
    writeFileSync(user.vm("corrupt").config, "{");
    await assert.rejects(tart.get("corrupt"), { kind: "failed", vendorText: /correct format/ });
  });

  test("an answer that is no JSON is no answer", async () => {
    const odd: Exec = { where: "a Mac", run: async () => ({ exitCode: 0, stdout: "hello", stderr: "" }) };
    for (const ask of [() => tartCli(odd).list(), () => tartCli(odd).get("base"), () => tartCli(odd).ip("base")]) {
      await assert.rejects(ask(), { kind: "unexpected-output", vendorText: "hello" });
    }
  });

  test("prune deletes VMs that are off and were not used for long", async () => {
    await create(user, "fresh");
    utimesSync(user.vm("base").path, 0, 0);
    await tart.prune({ entries: "vms", olderThanDays: 30 });
    assert.deepEqual(
      (await tart.list()).map((vm) => vm.name),
      ["fresh"],
    );
    await assert.rejects(tart.prune({ entries: "vms" }), { kind: "invalid-argument" });
  });

  test("a VM that is off cannot be stopped, used or found", async () => {
    await tart.stop("base");
    await assert.rejects(tart.ip("base"), { kind: "not-running" });
    await assert.rejects(tart.exec("base", ["true"]), { kind: "not-running" });
    await assert.rejects(tart.stop("none"), { kind: "not-found" });
  });
});

describe("tart and a registry", () => {
  let registry: RegistryServer;
  let user: SimulatedUser;
  let tart: Tart;
  let digest: string;
  before(async () => {
    registry = await testRegistry();
    digest = await publishImage(registry.address, "macos/base", "1", { diskContent: ["one", "two"] });
  });
  after(() => registry.close());
  beforeEach(async () => {
    user = await simulatedUser();
    tart = tartCli(user.quick);
  });
  afterEach(() => user.close());
  const image = (reference: string) => `${registry.address}/macos/base${reference}`;
  const insecure = true;

  test("pull gives the digest, with whole lines of progress, and twice is no harm", async () => {
    const lines: string[] = [];
    assert.equal(await tart.pull(image(":1"), { insecure, onLine: (line) => lines.push(line) }), digest);
    assert.deepEqual(lines.slice(0, 2), [`pulling ${image(":1")}...`, "pulling manifest..."]);
    assert.deepEqual(lines.slice(-4), ["0%", "50%", "100%", "pulling NVRAM..."]);
    assert.equal(await tart.pull(image(":1"), { insecure }), digest);
    const names = (await tart.list()).map((row) => `${row.source} ${row.name}`);
    assert.deepEqual(names, [`OCI ${image(":1")}`, `OCI ${image(`@${digest}`)}`]);
  });

  test("push, tag again by digest, pull elsewhere", async () => {
    await create(user, "mine");
    writeFileSync(user.vm("mine").nvram, "special");
    await tart.push("mine", [image(":new")], { insecure, labels: { "runner-version": "2.330.0" } });
    const pushed = await tart.pull(image(":new"), { insecure });
    await tart.push(image(`@${pushed}`), [image(":stable"), image(":canary")], { insecure });
    assert.equal(await tart.pull(image(":stable"), { insecure }), pushed);
    await tart.clone(image(":canary"), "copy", { insecure });
    assert.equal(user.vm("copy").readConfig().ecid, user.vm("mine").readConfig().ecid);
    assert.equal(user.vm("copy").virtualBytes, 50e9);
  });

  test("a pull that ran out of space or lost its connection goes on where it was", async () => {
    user.setFaults({ command: "pull", kind: "no-space" });
    await assert.rejects(tart.pull(image(":1"), { insecure }), { kind: "disk-full" });
    user.setFaults({ command: "pull", kind: "offline" });
    await assert.rejects(tart.pull(image(":1"), { insecure }), { kind: "unreachable", hint: /local network/ });
    assert.equal(await tart.pull(image(":1"), { insecure }), digest);
  });

  const refusals = [
    { name: "a tag that is not there", reference: ":none", kind: "not-found" },
    { name: "a registry that speaks plain HTTP, asked by TLS", reference: ":1", secure: true, kind: "unreachable" },
  ] as const;
  for (const { name, reference, kind, ...options } of refusals) {
    test(name, () => assert.rejects(tart.pull(image(reference), { insecure: !("secure" in options) }), { kind }));
  }

  test("refusals and names that cannot be", async () => {
    user.setFaults({ command: "pull", kind: "http-403" });
    await assert.rejects(tart.pull(image(":1"), { insecure }), { kind: "access-denied", vendorText: /DENIED/ });
    await assert.rejects(tart.pull("127.0.0.1:1/a/b:1", { insecure }), { kind: "unreachable" });
    await assert.rejects(tart.pull("local", { insecure }), { kind: "invalid-argument" });
    await assert.rejects(tart.fqn(image(":never-pulled")), { kind: "not-found" });
    await assert.rejects(tart.push("none", [image(":x")], { insecure }), { kind: "not-found" });
  });

  test("credentials travel by environment, for their own host only, and are in no argument", async () => {
    const seen: Command[] = [];
    const run = (command: Command) => {
      seen.push(command);
      return user.quick.run(command);
    };
    const spy: Exec = { where: "a Mac", run };
    const login = { hostname: registry.address, username: "ci", password: "s3cret" };
    await tartCli(spy, { registry: login }).pull(image(":1"), { insecure });
    await tartCli(spy).login(login, { insecure });
    for (const { argv } of seen) assert.ok(!argv.join(" ").includes("s3cret"));
    assert.deepEqual(seen[0]?.env, {
      TART_NO_AUTO_PRUNE: "1",
      CI: "1",
      TART_REGISTRY_HOSTNAME: registry.address,
      TART_REGISTRY_USERNAME: "ci",
      TART_REGISTRY_PASSWORD: "s3cret",
    });
    user.setFaults({ command: "login", kind: "keychain-locked" });
    await assert.rejects(tart.login(login, { insecure }), { kind: "keychain-locked" });
  });
});

describe("a VM that runs", () => {
  let user: SimulatedUser;
  let tart: Tart;
  let running: Promise<unknown> = Promise.resolve();
  before(async () => {
    user = await simulatedUser({ TART_SIM_AGENT_TIMEOUT_MS: "300" });
    tart = tartCli(user.real);
    await create(user, "vm");
  });
  after(() => user.close());
  afterEach(async () => {
    await tart.stop("vm", { graceSeconds: 1 });
    await running;
  });
  const start = async () => {
    running = user.real.run({ argv: ["tart", "run", "--no-graphics", "vm"], timeoutSeconds: 60 }).catch(() => {});
    await user.untilBooted("vm");
  };

  test("has an address, and cannot be deleted, pushed or started again", async () => {
    await start();
    assert.match(await tart.ip("vm"), /^192\.168\.64\./);
    assert.equal((await tart.get("vm")).state, "running");
    await assert.rejects(tart.delete("vm"), { kind: "in-use" });
    await assert.rejects(tart.push("vm", ["127.0.0.1:1/a/b:1"], { insecure: true }), { kind: "in-use" });
    const again = await user.real.run({ argv: ["tart", "run", "vm"], timeoutSeconds: 20 });
    assert.deepEqual(again, { exitCode: 2, stdout: "", stderr: 'VM "vm" is already running!\n' });
  });

  test("runs programs, whose exit codes are never taken for tart's own", async () => {
    await start();
    for (const code of [0, 1, 2, 64, 255]) {
      const output = await tart.exec("vm", ["sh", "-c", `echo out; echo err >&2; exit ${code}`]);
      assert.deepEqual(output, { exitCode: code, stdout: "out\n", stderr: "err\n" });
    }
    const odd = ["", "two words", "a'b", "$(id)", "ü"] as const;
    const echoed = await tart.exec("vm", ["printf", "%s|", ...odd]);
    assert.equal(echoed.stdout, odd.map((word) => `${word}|`).join(""));
    assert.equal((await tart.exec("vm", ["cat"], { stdin: "typed" })).stdout, "typed");
    assert.equal((await tart.exec("vm", ["no-such-program"])).exitCode, 127);
    const lines: string[] = [];
    await tart.exec("vm", ["echo", "one"], { onLine: (line) => line && lines.push(line) });
    assert.deepEqual(lines, ["one"]);
  });

  test("without an agent cannot be asked", async () => {
    await start();
    user.setFaults({ command: "exec", kind: "agent-absent" });
    await assert.rejects(tart.exec("vm", ["true"]), { kind: "unreachable", hint: /guest agent/ });
  });

  test("is stopped by force when it hangs", async () => {
    user.setFaults({ command: "run", kind: "wedged" });
    await start();
    await tart.stop("vm", { graceSeconds: 1 });
    assert.equal(await tart.isProvenStopped("vm"), true);
  });

  test("a call that hangs is given up, by time or by whoever asked", async () => {
    user.setFaults({ command: "get", kind: "hang", times: -1 });
    await assert.rejects(tart.get("vm", { timeoutSeconds: 0.3 }), { kind: "timeout" });
    const abort = new AbortController();
    const asked = tart.get("vm", { signal: abort.signal });
    setTimeout(() => abort.abort(), 200);
    await assert.rejects(asked, { kind: "aborted" });
    user.setFaults();
  });

  test("a Mac without tart", async () => {
    await assert.rejects(tartCli(user.real, { program: "/nowhere/tart" }).version(), { kind: "program-missing" });
  });
});

function withVersion(user: SimulatedUser, version: string): Exec["run"] {
  return ({ argv, env }) => callTart(argv.slice(1), { ...user.env, ...env, TART_SIM_VERSION: version });
}
