import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { DriverError } from "../../../drivers/errors.ts";
import type { Exec } from "../../../drivers/exec/types.ts";
import { tartHosts } from "../../../drivers/tart/host-connection.ts";
import { createTartVmLifecycle, type TartVmInputs, type TartVmOutputs } from "../../../drivers/tart/vm-resource.ts";
import { freeAllSlots } from "../../../simulators/tart/slots.ts";
import { openHome } from "../../../simulators/tart/world.ts";
import { type SimulatedUser, simulatedUser } from "../../simulators/tart/support.ts";
import { quickLaunchd, spawningLaunchd } from "./launchd.ts";

const clock = { now: () => Date.now() / 1000, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 10)) };
const lifecycleThrough = (exec: Exec) =>
  createTartVmLifecycle(
    tartHosts(() => exec),
    clock,
  );

const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const inputs: TartVmInputs = {
  host: { name: "mini-1", address: "10.0.1.11", port: 22, user: "admin", hostKey: "ssh-ed25519 AAAA" },
  name: "slot-1",
  image: "golden",
  imageDigest: `sha256:${"a".repeat(64)}`,
  cpu: 4,
  memoryGb: 4,
  diskGb: 50,
  fleetId: "fleet-1",
};
const outputs: TartVmOutputs = { ...inputs, ip: "192.168.64.2", macAddress: "02:00:00:00:00:01", state: "running" };

describe("what a change of a VM's inputs means", () => {
  const { diff } = lifecycleThrough({ where: "nowhere", run: () => assert.fail("diff asks nobody") });
  const other = { ...inputs.host, address: "10.0.1.99" };
  const cases: {
    name: string;
    olds?: Partial<TartVmOutputs>;
    news?: Partial<TartVmInputs>;
    expect: string[] | null;
  }[] = [
    { name: "nothing", expect: null },
    { name: "more memory", news: { memoryGb: 8 }, expect: [] },
    { name: "other CPUs", news: { cpu: 2 }, expect: [] },
    { name: "a bigger disk", news: { diskGb: 80 }, expect: [] },
    { name: "a smaller disk", news: { diskGb: 40 }, expect: ["diskGb"] },
    { name: "another image", news: { imageDigest: `sha256:${"b".repeat(64)}` }, expect: ["imageDigest"] },
    { name: "an image that is not known yet", news: { imageDigest: unknownValue }, expect: ["imageDigest"] },
    { name: "another name", news: { name: "slot-2" }, expect: ["name"] },
    { name: "another Mac", news: { host: { ...inputs.host, name: "mini-2" } }, expect: ["host"] },
    { name: "the same Mac at another address", news: { host: other }, expect: [] },
    { name: "a VM that was found off", olds: { state: "stopped" }, expect: [] },
  ];
  for (const { name, olds, news, expect } of cases) {
    test(name, async () => {
      const result = await diff("id", { ...outputs, ...olds }, { ...inputs, ...news });
      assert.equal(result.changes, expect !== null);
      assert.deepEqual(result.replaces, expect ?? []);
      assert.equal(result.deleteBeforeReplace, true);
    });
  }
});

describe("checking a VM's inputs", () => {
  const { check } = lifecycleThrough({ where: "nowhere", run: () => assert.fail("check asks nobody") });
  const badProperties = async (news: object) =>
    (await check(inputs, { ...inputs, ...news })).failures.map((failure) => failure.property);

  test("says all that is wrong", async () => {
    assert.deepEqual(await badProperties({}), []);
    assert.deepEqual(await badProperties({ name: "../x", cpu: 0, imageDigest: "latest" }), [
      "name",
      "imageDigest",
      "cpu",
    ]);
    assert.deepEqual(await badProperties({ host: { ...inputs.host, hostKey: "" } }), ["host"]);
  });

  test("leaves alone what is not known yet", async () => {
    assert.deepEqual(await badProperties({ imageDigest: unknownValue, host: unknownValue, fleetId: unknownValue }), []);
  });
});

describe("a VM and what else is on its Mac", () => {
  let user: SimulatedUser;
  let launchd: ReturnType<typeof quickLaunchd>;
  before(async () => {
    user = await simulatedUser();
    await user.quick.run({ argv: ["tart", "create", "golden", "--from-ipsw", "latest"], timeoutSeconds: 10 });
    launchd = quickLaunchd(user, user.quick);
  });
  after(() => user.close());
  const claimPath = () => join(user.home, ".mac-runner-fleet/claims/slot-1.json");
  const foreign = { name: "DriverError", kind: "not-ours" };

  test("somebody else's VM of the same name is never touched", async () => {
    await user.quick.run({ argv: ["tart", "clone", "golden", "slot-1"], timeoutSeconds: 10 });
    const before = readFileSync(user.vm("slot-1").config, "utf8");
    const lifecycle = lifecycleThrough(launchd);
    await assert.rejects(lifecycle.create(inputs), foreign);
    await assert.rejects(lifecycle.update("id", outputs, { ...inputs, cpu: 8 }), foreign);
    await assert.rejects(lifecycle.remove("id", outputs), foreign);
    assert.deepEqual(await lifecycle.read("id", outputs), {});
    assert.equal(readFileSync(user.vm("slot-1").config, "utf8"), before);
    rmSync(user.vm("slot-1").path, { recursive: true });
  });

  test("a name that another fleet has claimed is refused, also while its VM is not there yet", async () => {
    const made = await lifecycleThrough(launchd).create({ ...inputs, fleetId: "fleet-2" });
    await assert.rejects(lifecycleThrough(launchd).create(inputs), foreign);
    await assert.rejects(lifecycleThrough(launchd).remove("id", outputs), foreign);
    await lifecycleThrough(launchd).remove(made.id, made.outs);
    writeFileSync(claimPath(), JSON.stringify({ fleetId: "fleet-2", vm: "slot-1" }));
    await assert.rejects(lifecycleThrough(launchd).create(inputs), foreign);
    rmSync(claimPath());
  });

  test("a VM that was replaced by hand behind the claim is somebody else's", async () => {
    const lifecycle = lifecycleThrough(launchd);
    const { id, outs } = await lifecycle.create(inputs);
    const vm = user.vm("slot-1");
    const config = vm.readConfig();
    vm.writeConfig({ ...config, ecid: "c29tZWJvZHkgZWxzZQ==" });
    await assert.rejects(lifecycle.remove(id, outs), foreign);
    assert.equal(vm.state, "running");
    vm.writeConfig(config);
    await lifecycle.remove(id, outs);
  });

  test("two programs that claim a free name at once do not both get it", async () => {
    const [one, two] = [lifecycleThrough(launchd), lifecycleThrough(launchd)];
    const results = await Promise.allSettled([one.create(inputs), two.create({ ...inputs, fleetId: "fleet-2" })]);
    const made = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
    const refused = results.flatMap((r) => (r.status === "rejected" ? [r.reason.kind] : []));
    assert.deepEqual([made.length, refused], [1, ["not-ours"]]);
    for (const { id, outs } of made) await one.remove(id, outs);
  });

  test("what was changed by hand shows up, and update puts it right", async () => {
    const lifecycle = lifecycleThrough(launchd);
    const { id, outs } = await lifecycle.create(inputs);
    assert.match(outs.ip, /^192\.168\.64\.\d+$/);
    await user.quick.run({ argv: ["tart", "set", "slot-1", "--cpu", "8", "--disk-size", "70"], timeoutSeconds: 10 });
    await launchd.run({ argv: ["launchctl", "bootout", "gui/0/mac-runner-fleet.vm.slot-1"], timeoutSeconds: 10 });
    const seen = await lifecycle.read(id, outs);
    assert.deepEqual(seen.props, { ...outs, cpu: 8, diskGb: 70, state: "stopped", ip: "" });
    const grown = { ...inputs, diskGb: 70 };
    const updated = await lifecycle.update(id, outs, grown);
    assert.deepEqual((await lifecycle.read(id, updated.outs)).props, updated.outs);
    assert.equal(updated.outs.cpu, 4);
    await lifecycle.remove(id, updated.outs);
    assert.deepEqual(await lifecycle.read(id, outs), {});
  });

  test("a VM that was deleted by hand is gone for read, and create makes it again", async () => {
    const lifecycle = lifecycleThrough(launchd);
    const { id, outs } = await lifecycle.create(inputs);
    launchd.jobs.clear();
    rmSync(user.vm("slot-1").path, { recursive: true });
    assert.deepEqual(await lifecycle.read(id, outs), {});
    const again = await lifecycle.create(inputs);
    await lifecycle.remove(again.id, again.outs);
    await lifecycle.remove(again.id, again.outs);
    assert.equal(existsSync(claimPath()), false);
  });

  test("a Mac that does not answer is not a Mac without the VM", async () => {
    const silent: Exec = {
      where: "mini-1",
      run: async () => {
        throw new DriverError("no route", { kind: "unreachable" });
      },
    };
    await assert.rejects(lifecycleThrough(silent).read("id", outputs), { kind: "unreachable" });
    await assert.rejects(lifecycleThrough(silent).remove("id", outputs), { kind: "unreachable" });
  });
});

describe("VMs that really run", () => {
  let user: SimulatedUser;
  let launchd: ReturnType<typeof spawningLaunchd>;
  const exec = (): Exec => ({
    where: "the simulated Mac",
    run: (command) =>
      command.argv[0] === "launchctl" || command.argv[1] === "stop" ? launchd.run(command) : user.quick.run(command),
  });
  const slot = (number: number) => ({ ...inputs, name: `slot-${number}` });

  before(async () => {
    user = await simulatedUser();
    await user.quick.run({ argv: ["tart", "create", "golden", "--from-ipsw", "latest"], timeoutSeconds: 10 });
    launchd = spawningLaunchd(user);
  });
  afterEach(() => launchd.close());
  after(() => user.close());

  test("two start, the third is told of the limit of macOS, and ends without a crash loop", async () => {
    const lifecycle = lifecycleThrough(exec());
    const made = await Promise.all([lifecycle.create(slot(1)), lifecycle.create(slot(2))]);
    assert.notEqual(made[0].outs.ip, made[1].outs.ip);
    await assert.rejects(lifecycle.create(slot(3)), { kind: "slot-limit", message: /slot-1, slot-2|slot-2, slot-1/ });
    const job = "gui/0/mac-runner-fleet.vm.slot-3";
    assert.notEqual((await launchd.run({ argv: ["launchctl", "print", job], timeoutSeconds: 10 })).exitCode, 0);
    await Promise.all(made.map(({ id, outs }) => lifecycle.remove(id, outs)));
    const third = await lifecycle.create(slot(3));
    await lifecycle.remove(third.id, third.outs);
  });

  const startFaults = [
    { fault: "keychain-locked", kind: "keychain-locked", hint: /keychain/ },
    { fault: "no-gui", kind: "no-gui-session", hint: /automatic login/ },
  ] as const;
  for (const { fault, kind, hint } of startFaults) {
    test(`a start that fails because of ${kind} says what to do`, async () => {
      const lifecycle = lifecycleThrough(exec());
      user.setFaults({ command: "run", kind: fault });
      await assert.rejects(lifecycle.create(slot(1)), { kind, hint });
      const made = await lifecycle.create(slot(1));
      await lifecycle.remove(made.id, made.outs);
    });
  }

  test("a start that leads nowhere ends, with the VM's last words", async () => {
    let now = 0;
    const sleep = async () => {
      now += 60;
    };
    const patient = { now: () => now, sleep };
    user.setFaults({ command: "run", kind: "fail", text: "something new", times: -1 });
    const lifecycle = createTartVmLifecycle(tartHosts(exec), patient);
    await assert.rejects(lifecycle.create(slot(1)), { kind: "timeout" });
    user.setFaults({ command: "run", kind: "no-lease" });
    await assert.rejects(lifecycle.create(slot(1)), { kind: "timeout", hint: /screen/ });
    await lifecycle.remove("id", outputs);
    assert.equal(existsSync(user.vm("slot-1").path), false);
    user.setFaults();
  });

  test("slots that leaked fill the Mac until it restarts", async () => {
    const lifecycle = lifecycleThrough(exec());
    for (const number of [1, 2]) {
      user.setFaults({ command: "run", kind: "slot-leak" });
      const { id, outs } = await lifecycle.create(slot(number));
      await lifecycle.remove(id, outs);
    }
    await assert.rejects(lifecycle.create(slot(3)), { kind: "slot-limit", hint: /restart the Mac/ });
    freeAllSlots(openHome(user.env));
    const made = await lifecycle.create(slot(3));
    await lifecycle.remove(made.id, made.outs);
  });
});
