import assert from "node:assert/strict";
import { test } from "node:test";
import { DriverError } from "../../../drivers/errors.ts";
import type { OrkaVmInputs } from "../../../drivers/orka/vm-decisions.ts";
import { orkaVmLifecycle } from "../../../drivers/orka/vm-resource.ts";
import type { Cluster } from "../../../simulators/orka/cluster.ts";
import { inProcessExec, openOrka, placeOf, testCluster, testPorts, watchedExec, withToken } from "./support.ts";

/* Whatever call a run dies at, the next run ends with exactly the VM that is declared. */

interface Scene {
  cluster: Cluster;
  inputs: OrkaVmInputs;
}

async function scene(): Promise<Scene> {
  const cluster = await testCluster({ speed: 6000 });
  await (await openOrka(cluster)).vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });
  const inputs: OrkaVmInputs = {
    cluster: placeOf(cluster),
    name: "ci-1",
    vmConfig: "sonoma",
    image: "sonoma-90gb",
    cpu: 4,
    memoryGb: 14.4,
    diskGb: 120,
    imageDiskGb: 90,
    fleetId: "f1",
    deployTimeoutMinutes: 1,
  };
  return { cluster, inputs };
}

/** A life cycle whose calls fail after they were carried out: the k-th only, or it and all that follow. */
function dyingAt({ cluster }: Scene, k: number, lastsForGood: boolean) {
  const { exec, calls } = watchedExec((count) => {
    if (lastsForGood ? count >= k : count === k) throw new DriverError(`call ${k} lost`, { kind: "unreachable" });
  });
  return { lifecycle: withToken(orkaVmLifecycle(testPorts(exec)), cluster), calls };
}

function healthy({ cluster }: Scene) {
  return withToken(orkaVmLifecycle(testPorts(inProcessExec())), cluster);
}

function assertAsDeclared({ cluster }: Scene): void {
  assert.deepEqual(
    cluster.state.vms.map((vm) => [
      vm.name,
      vm.phase,
      vm.image,
      vm.cpu,
      vm.memoryGb,
      vm.diskGb,
      vm.metadata["mac-runner-fleet"],
    ]),
    [["ci-1", "Running", "sonoma-90gb", 4, 14.4, 120, "f1"]],
  );
}

/** How many calls an undisturbed create makes. */
async function callsOf(action: "create" | "remove"): Promise<number> {
  const undisturbed = await scene();
  const made = await healthy(undisturbed).create(undisturbed.inputs);
  const { lifecycle, calls } = dyingAt(undisturbed, Number.POSITIVE_INFINITY, true);
  if (action === "remove") await lifecycle.remove(made.id, made.outs);
  else {
    undisturbed.cluster.state.vms = [];
    await lifecycle.create(undisturbed.inputs);
  }
  return calls.length;
}

const createCalls = await callsOf("create");
const removeCalls = await callsOf("remove");

test("there is something to interrupt", () => {
  assert.ok(createCalls >= 5, `${createCalls} calls`);
  assert.ok(removeCalls >= 4, `${removeCalls} calls`);
});

for (const lastsForGood of [true, false]) {
  const how = lastsForGood ? "dies at" : "loses the answer of";
  for (let k = 1; k <= createCalls; k++) {
    test(`a create that ${how} call ${k} of ${createCalls} is finished by the next`, async () => {
      const there = await scene();
      const { lifecycle } = dyingAt(there, k, lastsForGood);
      await assert.rejects(lifecycle.create(there.inputs), { kind: "unreachable" });
      await healthy(there).create(there.inputs);
      assertAsDeclared(there);
    });
  }
  for (let k = 1; k <= removeCalls; k++) {
    test(`a remove that ${how} call ${k} of ${removeCalls} is finished by the next`, async () => {
      const there = await scene();
      const made = await healthy(there).create(there.inputs);
      const { lifecycle } = dyingAt(there, k, lastsForGood);
      await assert.rejects(lifecycle.remove(made.id, made.outs), { kind: "unreachable" });
      await healthy(there).remove(made.id, made.outs);
      assert.deepEqual(there.cluster.state.vms, []);
    });
  }
}

test("a VM whose deployment was done while its answer was lost for good is adopted, not made twice", async () => {
  const there = await scene();
  const { lifecycle } = dyingAt(there, 3, true);
  await assert.rejects(lifecycle.create(there.inputs), { kind: "unreachable" });
  const [vm] = there.cluster.state.vms;
  assert.ok(vm, "the third call is the deployment");
  await healthy(there).create(there.inputs);
  assert.equal(there.cluster.state.vms[0], vm);
  assertAsDeclared(there);
});
