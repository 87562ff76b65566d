import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isFailure } from "../../../drivers/errors.ts";
import type { Exec } from "../../../drivers/exec/types.ts";
import { tartHosts } from "../../../drivers/tart/host-connection.ts";
import { createTartVmLifecycle, type TartVmInputs } from "../../../drivers/tart/vm-resource.ts";
import { type SimulatedUser, simulatedUser } from "../../simulators/tart/support.ts";
import { breakingExec } from "./interruption.ts";
import { quickLaunchd } from "./launchd.ts";

const clock = { now: () => Date.now() / 1000, sleep: async () => {} };
const lifecycleThrough = (exec: Exec) =>
  createTartVmLifecycle(
    tartHosts(() => exec),
    clock,
  );

const inputs: TartVmInputs = {
  host: { name: "mini-1", address: "10.0.1.11", port: 22, user: "admin", hostKey: "ssh-ed25519 AAAA" },
  name: "fleet-slot-1",
  image: "golden",
  imageDigest: `sha256:${"a".repeat(64)}`,
  cpu: 6,
  memoryGb: 8,
  diskGb: 60,
  fleetId: "fleet-1",
};

/** More than the commands of any one operation. */
const mostCalls = 60;

describe("a VM whose making or ending is interrupted at any command", () => {
  let user: SimulatedUser;
  let launchd: ReturnType<typeof quickLaunchd>;
  let goldenEcid: string | undefined;

  before(async () => {
    user = await simulatedUser();
    await user.quick.run({ argv: ["tart", "create", "golden", "--from-ipsw", "latest"], timeoutSeconds: 10 });
    goldenEcid = user.vm("golden").readConfig().ecid;
    launchd = quickLaunchd(user, user.quick);
  });
  after(() => user.close());

  const assertMade = () => {
    assert.deepEqual(readdirSync(join(user.tartHome, "vms")).sort(), ["fleet-slot-1", "golden"]);
    const config = user.vm(inputs.name).readConfig();
    assert.equal(config.cpuCount, 6);
    assert.equal(config.memorySize, 8 * 1024 ** 3);
    assert.equal(user.vm(inputs.name).virtualBytes, 60e9);
    assert.notEqual(config.ecid, goldenEcid);
    const claim = JSON.parse(readFileSync(claimPath(), "utf8"));
    assert.deepEqual([claim.fleetId, claim.vm, claim.ecid], ["fleet-1", "fleet-slot-1", config.ecid]);
    assert.deepEqual([...launchd.jobs], ["mac-runner-fleet.vm.fleet-slot-1"]);
    assert.equal(user.vm(inputs.name).state, "running");
  };
  const assertGone = () => {
    assert.deepEqual(readdirSync(join(user.tartHome, "vms")), ["golden"]);
    assert.equal(existsSync(claimPath()), false);
    assert.equal(launchd.jobs.size, 0);
    assert.deepEqual(readdirSync(join(user.home, "Library/LaunchAgents")), []);
  };
  const claimPath = () => join(user.home, ".mac-runner-fleet/claims/fleet-slot-1.json");

  /** Breaks `work` at its first, second, ... command until it gets through; `check` runs after each break. */
  const breakEverywhere = async (work: (exec: Exec) => Promise<unknown>, recover: () => Promise<void>) => {
    for (let at = 0, isThrough = false; !isThrough; at++) {
      assert.ok(at < mostCalls, "the work never gets through");
      const exec = breakingExec(launchd, at);
      const error = await work(exec).catch((reason: unknown) => reason);
      isThrough = !exec.hasBroken;
      if (!isThrough) assert.ok(isFailure(error, "unreachable"), `after command ${at}: ${error}`);
      await recover();
    }
  };

  test("create, run again, leaves exactly one VM, right and claimed", async () => {
    const lifecycle = lifecycleThrough(launchd);
    await breakEverywhere(
      (exec) => lifecycleThrough(exec).create(inputs),
      async () => {
        const { id, outs } = await lifecycle.create(inputs);
        assertMade();
        await lifecycle.remove(id, outs);
        assertGone();
      },
    );
  });

  test("remove, run again, leaves nothing", async () => {
    const lifecycle = lifecycleThrough(launchd);
    const made = await lifecycle.create(inputs);
    await breakEverywhere(
      (exec) => lifecycleThrough(exec).remove(made.id, made.outs),
      async () => {
        await lifecycle.remove(made.id, made.outs);
        assertGone();
        await lifecycle.create(inputs);
      },
    );
    await lifecycle.remove(made.id, made.outs);
  });

  test("update, run again, gives the VM what it was to get", async () => {
    const lifecycle = lifecycleThrough(launchd);
    const small = { ...inputs, cpu: 4, memoryGb: 4 };
    let made = await lifecycle.create(small);
    await breakEverywhere(
      (exec) => lifecycleThrough(exec).update(made.id, made.outs, inputs),
      async () => {
        await lifecycle.update(made.id, made.outs, inputs);
        assertMade();
        made = { ...made, ...(await lifecycle.update(made.id, made.outs, small)) };
      },
    );
    await lifecycle.remove(made.id, made.outs);
    assertGone();
  });

  test("a half-made VM of another image is made anew", async () => {
    const other = { ...inputs, imageDigest: `sha256:${"b".repeat(64)}` };
    const lifecycle = lifecycleThrough(launchd);
    await breakEverywhere(
      (exec) => lifecycleThrough(exec).create(other),
      async () => {
        const { id, outs } = await lifecycle.create(inputs);
        assertMade();
        assert.equal(JSON.parse(readFileSync(claimPath(), "utf8")).imageDigest, inputs.imageDigest);
        await lifecycle.remove(id, outs);
        assertGone();
      },
    );
  });
});
