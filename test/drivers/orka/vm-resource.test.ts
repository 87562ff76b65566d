import assert from "node:assert/strict";
import { test } from "node:test";
import { DriverError, isFailure } from "../../../drivers/errors.ts";
import type { OrkaVmPorts } from "../../../drivers/orka/vm-actions.ts";
import type { OrkaVmInputs } from "../../../drivers/orka/vm-decisions.ts";
import { type OrkaVmOutputs, orkaVmLifecycle } from "../../../drivers/orka/vm-resource.ts";
import type { Cluster, ClusterOptions } from "../../../simulators/orka/cluster.ts";
import { inProcessExec, openOrka, placeOf, testCluster, testPorts, watchedExec, withToken } from "./support.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A cluster with a VM config, the inputs of a VM there, and its life cycle. */
async function scene(options: Partial<ClusterOptions> = {}, ports: Partial<OrkaVmPorts> = {}) {
  const cluster = await testCluster({ speed: 6000, ...options });
  const orka = await openOrka(cluster);
  await orka.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });
  const used = testPorts(inProcessExec(), ports);
  const lifecycle = withToken(orkaVmLifecycle(used), cluster);
  return { cluster, orka, lifecycle, slept: used.slept, inputs: inputsFor(cluster) };
}

function inputsFor(cluster: Cluster): OrkaVmInputs {
  return {
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
}

test("a VM is made with its mark, its disk and its place", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create(inputs);
  assert.equal(id, "orka-default/ci-1");
  const [vm] = cluster.state.vms;
  assert.equal(vm?.metadata["mac-runner-fleet"], "f1");
  assert.equal(vm?.diskGb, 120);
  const where = { ip: "10.221.188.11", sshPort: 8822, vncPort: 5999, node: "mini-1", status: "Running" };
  assert.deepEqual(outs, { ...inputs, ...where });
  assert.deepEqual(await lifecycle.read(id, outs), { id, props: outs });
});

test("a disk as large as the image's is left alone, which spares a restart", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  await lifecycle.create({ ...inputs, diskGb: 90 });
  assert.equal(cluster.state.vms[0]?.boots, 1);
});

test("one that an earlier run made is adopted and gets its disk", async () => {
  const { cluster, orka, lifecycle, inputs } = await scene();
  const metadata = { "mac-runner-fleet": "f1" };
  await orka.vms.deploy({ name: "ci-1", config: "sonoma", metadata, timeoutMinutes: 1 });
  const createdAt = cluster.state.vms[0]?.createdAt;
  const { outs } = await lifecycle.create(inputs);
  assert.equal(outs.status, "Running");
  assert.deepEqual(
    cluster.state.vms.map((vm) => [vm.createdAt, vm.diskGb]),
    [[createdAt, 120]],
  );
  cluster.setQuirks({ refuseSameSize: true });
  await lifecycle.create(inputs);
  assert.equal(cluster.state.vms[0]?.createdAt, createdAt, "also when the disk is there already");
});

test("one that is still pending gets its time, then is made again", async () => {
  const { cluster, orka, lifecycle, inputs, slept } = await scene({ speed: 0.001 });
  cluster.inject({ operation: "vm.create", effect: "pending-forever" });
  const metadata = { "mac-runner-fleet": "f1" };
  const controller = new AbortController();
  const first = orka.vms.deploy(
    { name: "ci-1", config: "sonoma", metadata, timeoutMinutes: 1 },
    { signal: controller.signal },
  );
  first.catch(() => {});
  while (cluster.state.vms.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const { outs } = await lifecycle.create(inputs);
  assert.equal(outs.status, "Running");
  assert.ok(slept() >= 60 && slept() < 80, `waited ${slept()} s`);
  assert.equal(cluster.state.vms.length, 1);
  // The other run ends either way: it may have looked between the two VMs and found none.
  await Promise.allSettled([first]);
});

test("one that failed is replaced", async () => {
  const { cluster, orka, lifecycle, inputs } = await scene();
  cluster.inject({ operation: "vm.create", effect: "no-node" });
  const metadata = { "mac-runner-fleet": "f1" };
  await assert.rejects(orka.vms.deploy({ name: "ci-1", config: "sonoma", metadata, timeoutMinutes: 1 }));
  assert.equal((await lifecycle.create(inputs)).outs.status, "Running");
});

test("one of another fleet, or whose mark cannot be seen, is left alone by every call", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create({ ...inputs, fleetId: "f2" });
  const mine = { ...outs, fleetId: "f1" };
  await assert.rejects(lifecycle.create(inputs), { kind: "not-ours" });
  await assert.rejects(lifecycle.remove(id, mine), { kind: "not-ours" });
  await assert.rejects(lifecycle.update(id, mine, { ...inputs, diskGb: 200 }), { kind: "not-ours" });
  assert.deepEqual(await lifecycle.read(id, mine), {}, "ours is not there");
  cluster.setQuirks({ hideMetadata: true });
  await assert.rejects(lifecycle.create({ ...inputs, fleetId: "f2" }), { kind: "not-ours" });
  await assert.rejects(lifecycle.remove(id, outs), { kind: "not-ours" });
  await assert.rejects(lifecycle.read(id, outs), { kind: "unexpected-output" });
  assert.deepEqual(
    cluster.state.vms.map((vm) => [vm.boots, vm.diskGb]),
    [[2, 120]],
  );
});

const failures = [
  ["vm.create", "no-node", "no-capacity"],
  ["vm.create", "pending-forever", "timeout"],
  ["vm.create", "empty-phase", "timeout"],
  ["vm.create", "answer-lost", "unreachable"],
  ["vm.create", "client-killed", "failed"],
  ["vm.create", "server-error", "failed"],
  ["vm.resize", "server-error", "failed"],
  ["vm.resize", "answer-lost", "unreachable"],
] as const;
for (const [operation, effect, kind] of failures) {
  test(`a deployment that fails leaves nothing behind: ${operation} ${effect}`, async () => {
    const { cluster, lifecycle, inputs } = await scene();
    cluster.inject({ operation, effect });
    await assert.rejects(lifecycle.create(inputs), { kind });
    assert.deepEqual(cluster.state.vms, []);
  });
}

test("an orka3 that does not show marks is found out before there is a VM that nobody may delete", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  cluster.setQuirks({ hideMetadata: true });
  await assert.rejects(lifecycle.create(inputs), { kind: "not-ours", message: /shows customMetadata/ });
  assert.deepEqual(cluster.state.vms, []);
});

test("a VM config that makes something else is told, and what it made is deleted", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  await assert.rejects(lifecycle.create({ ...inputs, image: "sequoia-90gb", cpu: 6 }), {
    kind: "invalid-argument",
    message: /its image is sonoma-90gb, not sequoia-90gb[\s\S]*4 CPUs, not 6/,
  });
  assert.deepEqual(cluster.state.vms, []);
});

test("what another run deployed meanwhile is not cleaned up", async () => {
  const { cluster, orka, lifecycle, inputs } = await scene();
  const { exec, calls } = watchedExec();
  const racing = withToken(
    orkaVmLifecycle(testPorts(exec, { connect: async () => ({ ...orka, vms: { ...orka.vms, deploy: lateDeploy } }) })),
    cluster,
  );
  async function lateDeploy(): Promise<never> {
    await lifecycle.create(inputs);
    return (await openOrka(cluster)).vms.deploy({
      name: "ci-1",
      config: "sonoma",
      metadata: {},
      timeoutMinutes: 1,
    }) as never;
  }
  await assert.rejects(racing.create(inputs), { kind: "already-exists" });
  assert.equal(cluster.state.vms.length, 1);
  assert.deepEqual(calls, []);
});

test("a VM that somebody put in the place of a fresh one is not cleaned up", async () => {
  const { cluster, orka, inputs } = await scene();
  const resize: typeof orka.vms.resize = async (name) => {
    await orka.vms.delete(name);
    await orka.vms.deploy({ name, config: "sonoma", metadata: { owner: "somebody" }, timeoutMinutes: 1 });
    throw new DriverError("resize failed", { kind: "failed" });
  };
  const replaced = { ...orka, vms: { ...orka.vms, resize } };
  const ports = testPorts(inProcessExec(), { connect: async () => replaced });
  await assert.rejects(withToken(orkaVmLifecycle(ports), cluster).create(inputs), { message: "resize failed" });
  assert.deepEqual(
    cluster.state.vms.map((vm) => vm.metadata),
    [{ owner: "somebody" }],
  );
});

test("the disk grows in place, once", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create(inputs);
  const grown = await lifecycle.update(id, outs, { ...inputs, diskGb: 200 });
  assert.equal(grown.outs.diskGb, 200);
  await lifecycle.update(id, grown.outs, { ...inputs, diskGb: 200 });
  assert.deepEqual(
    cluster.state.vms.map((vm) => [vm.diskGb, vm.boots]),
    [[200, 3]],
  );
  cluster.setQuirks({ refuseSameSize: true });
  await lifecycle.update(id, outs, { ...inputs, diskGb: 200 });
  assert.equal(cluster.state.vms[0]?.boots, 3, "an update that is repeated finds it done");
  await assert.rejects(lifecycle.update(id, outs, { ...inputs, name: "gone", diskGb: 300 }), { kind: "not-found" });
});

test("reading tells gone from could-not-look, and sees what changed", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create(inputs);
  cluster.inject({ operation: "vm.list", effect: "unauthorized" });
  await assert.rejects(lifecycle.read(id, outs), { kind: "access-denied" });
  cluster.failNode(outs.node);
  const { props } = (await lifecycle.read(id, outs)) as { props: OrkaVmOutputs };
  assert.equal(props.status, "Pending");
  assert.ok(!("sshPort" in props), "Pulumi cannot store undefined");
  await lifecycle.remove(id, outs);
  assert.deepEqual(await lifecycle.read(id, outs), {});
});

test("removing can be repeated, and could-not-look is not success", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create(inputs);
  cluster.inject({ operation: "vm.list", effect: "server-error" });
  await assert.rejects(lifecycle.remove(id, outs), { kind: "failed" });
  await lifecycle.remove(id, outs);
  await lifecycle.remove(id, outs);
  assert.deepEqual(cluster.state.vms, []);
});

test("two fleets with the same name of a VM in their own namespaces do not meet", async () => {
  const nodes = ["orka-default", "orka-two"].map((namespace, i) => ({
    name: `mini-${i}`,
    ip: `10.0.0.${i}`,
    cpu: 12,
    memoryGb: 64,
    namespace,
  }));
  const { cluster, lifecycle, inputs } = await scene({ nodes });
  const two = { ...inputs, cluster: placeOf(cluster, "orka-two"), fleetId: "f2" };
  const [a, b] = await Promise.all([lifecycle.create(inputs), lifecycle.create(two)]);
  await lifecycle.remove(a.id, a.outs);
  assert.deepEqual(
    cluster.state.vms.map((vm) => vm.namespace),
    ["orka-two"],
  );
  assert.deepEqual(await lifecycle.read(b.id, b.outs), { id: b.id, props: b.outs });
});

test("at most four deployments run at once on a cluster", async () => {
  const nodes = Array.from({ length: 4 }, (_, i) => ({ name: `mini-${i}`, ip: `10.0.0.${i}`, cpu: 12, memoryGb: 64 }));
  const cluster = await testCluster({ nodes });
  const orka = await openOrka(cluster);
  await orka.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });
  let running = 0;
  let most = 0;
  const deploy: typeof orka.vms.deploy = async (request) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    return orka.vms.deploy(request).finally(() => --running);
  };
  const counted = { ...orka, vms: { ...orka.vms, deploy } };
  const lifecycle = withToken(orkaVmLifecycle(testPorts(inProcessExec(), { connect: async () => counted })), cluster);
  const names = Array.from({ length: 8 }, (_, i) => `ci-${i}`);
  await Promise.all(names.map((name) => lifecycle.create({ ...inputsFor(cluster), name })));
  assert.equal(most, 4);
  assert.equal(cluster.state.vms.length, 8);
});

test("a missing token names the setting", async () => {
  const { cluster } = await scene();
  const lifecycle = orkaVmLifecycle(testPorts(inProcessExec()));
  lifecycle.configure(() => undefined);
  await assert.rejects(lifecycle.create(inputsFor(cluster)), { kind: "access-denied", message: /--secret orkaToken/ });
});

test("a check names every property that is wrong and keeps the ones that are not its own", async () => {
  const { lifecycle, inputs } = await scene();
  const wrong = {
    ...inputs,
    __provider: "text",
    cluster: { apiUrl: "http://10.0.0.1/", namespace: "default" },
    name: "Mac_1",
    cpu: 1.5,
    memoryGb: 0,
    diskGb: 80,
    fleetId: "a,b",
  };
  const { inputs: kept, failures } = await lifecycle.check(wrong, wrong);
  assert.equal(kept, wrong);
  const properties = failures.map((failure) => failure.property);
  assert.deepEqual([...new Set(properties)], ["cluster", "name", "cpu", "memoryGb", "fleetId", "diskGb"]);
  assert.ok(failures.some((failure) => /must not end in a slash/.test(failure.reason)));
  assert.ok(failures.some((failure) => /80 is less than the 90 GB of the image/.test(failure.reason)));
  assert.deepEqual((await lifecycle.check(inputs, inputs)).failures, []);
});

test("what is not known at preview is neither checked nor taken for a smaller disk", async () => {
  const { lifecycle, inputs } = await scene();
  const unknowns = Object.fromEntries(Object.keys(inputs).map((key) => [key, UNKNOWN])) as unknown as OrkaVmInputs;
  assert.deepEqual((await lifecycle.check(unknowns, unknowns)).failures, []);
  const partly = { ...inputs, cluster: { ...inputs.cluster, apiUrl: UNKNOWN }, diskGb: UNKNOWN as unknown as number };
  assert.deepEqual((await lifecycle.check(partly, partly)).failures, []);
  const outs = { ...inputs, ip: "", node: "", status: "Running" };
  const diff = await lifecycle.diff("id", outs, { ...inputs, diskGb: UNKNOWN as unknown as number });
  assert.deepEqual(diff, { changes: true, replaces: [], deleteBeforeReplace: true });
});

test("inputs that are still incomplete at creation are refused, not sent", async () => {
  const { lifecycle, inputs } = await scene();
  const error = await lifecycle.create({ ...inputs, vmConfig: UNKNOWN.repeat(2) }).catch((e) => e);
  assert.ok(isFailure(error, "invalid-argument"));
});
