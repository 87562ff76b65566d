import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeployVm } from "../../../drivers/orka/types.ts";
import type { Fault } from "../../../simulators/orka/cluster/faults.ts";
import { inProcessExec, openOrka, testCluster, watchedExec } from "./support.ts";

const cluster = await testCluster({ speed: 6000 });
const orka = await openOrka(cluster);
await orka.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });

const request = (name: string): DeployVm => ({ name, config: "sonoma", metadata: { fleet: "f1" }, timeoutMinutes: 1 });

test("a VM lives: deploy, list, resize, delete", async () => {
  const vm = await orka.vms.deploy(request("life"));
  assert.equal(vm.status, "Running");
  assert.equal(vm.memoryGb, 14.4);
  const [listed] = await orka.vms.list();
  assert.deepEqual(listed, {
    name: "life",
    status: "Running",
    ip: vm.ip,
    sshPort: 8822,
    vncPort: 5999,
    screenSharePort: 5901,
    node: vm.node,
    image: "sonoma-90gb",
    cpu: 4,
    memoryGb: 14.4,
    metadata: { fleet: "f1" },
  });
  assert.equal(await orka.vms.resize("life", 120), true);
  assert.equal(cluster.state.vms[0]?.diskGb, 120);
  assert.equal(await orka.vms.resize("life", 100), false, "a disk does not shrink");
  assert.equal(await orka.vms.delete("life"), true);
  assert.equal(await orka.vms.delete("life"), false);
  assert.deepEqual(await orka.vms.list(), []);
});

test("a VM becomes an image: save, commit, push", async () => {
  await orka.vms.deploy(request("baker"));
  await orka.vms.save("baker", "sonoma-new", "Größe 90 – „fertig“ 🍏");
  await assert.rejects(orka.vms.save("baker", "sonoma-new"), { kind: "already-exists" });
  await orka.vms.commit("baker", "-d starts with a dash");
  const images = await orka.images.list();
  assert.equal(images.find((i) => i.name === "sonoma-new")?.description, "Größe 90 – „fertig“ 🍏");
  assert.equal(images.find((i) => i.name === "sonoma-90gb")?.description, "-d starts with a dash");
  const job = await orka.vms.push("baker", "ghcr.io/example/sonoma:1");
  const status = await orka.vms.pushStatus(job);
  assert.equal(status.status, "Failed", "this namespace has no login for the registry");
  assert.match(status.errorMessage ?? "", /ghcr\.io/);
  await assert.rejects(orka.vms.pushStatus("registry-push-unknown"), { kind: "not-found" });
  await orka.vms.delete("baker");
});

test("VM configs are created, listed with what was set, and deleted", async () => {
  const config = { name: "tagged", image: "sonoma-90gb", cpu: 6, memoryGb: 28, tag: "xcode", tagRequired: true };
  await orka.vmConfigs.create(config);
  await assert.rejects(orka.vmConfigs.create(config), { kind: "already-exists" });
  assert.deepEqual(
    (await orka.vmConfigs.list()).find((c) => c.name === "tagged"),
    config,
  );
  await assert.rejects(orka.vmConfigs.create({ ...config, name: "x", image: "no-such" }), { kind: "not-found" });
  assert.equal(await orka.vmConfigs.delete("tagged"), true);
  assert.equal(await orka.vmConfigs.delete("tagged"), false);
});

test("images are copied, described and deleted, but not while a VM has them", async () => {
  await orka.images.copy("sonoma-90gb", "copy.1", "a copy");
  await assert.rejects(orka.images.copy("sonoma-90gb", "copy.1"), { kind: "already-exists" });
  await assert.rejects(orka.images.copy("no-such", "copy.2"), { kind: "not-found" });
  await orka.images.describe("copy.1", "--help");
  const copy = (await orka.images.list()).find((image) => image.name === "copy.1");
  assert.deepEqual(
    { ...copy },
    { name: "copy.1", description: "--help", sizeGb: 90, state: "Ready", errorMessage: undefined },
  );
  await orka.vms.deploy(request("user"));
  await assert.rejects(orka.images.delete("sonoma-90gb"), {
    kind: "in-use",
    message: /The image is being used by one or more VMs: user\. Remove the VMs and try again/,
  });
  await orka.vms.delete("user");
  assert.equal(await orka.images.delete("copy.1"), true);
  assert.equal(await orka.images.delete("copy.1"), false);
});

test("images are put into the caches of nodes and taken out again", async () => {
  await orka.imageCache.add("sonoma-90gb", { all: true });
  assert.deepEqual(await orka.imageCache.info("sonoma-90gb"), [
    { node: "mini-1", status: "Ready" },
    { node: "mini-2", status: "Ready" },
  ]);
  await orka.imageCache.remove("sonoma-90gb", { tags: ["xcode"] });
  await orka.imageCache.add("ghcr.io/example/sonoma:1", { nodes: ["mini-2"] });
  assert.deepEqual((await orka.imageCache.list()).toSorted(), ["ghcr.io/example/sonoma:1", "sonoma-90gb"]);
  assert.deepEqual(await orka.imageCache.info("sonoma-90gb"), [{ node: "mini-1", status: "Ready" }]);
  await assert.rejects(orka.imageCache.add("no-such", { all: true }), { kind: "not-found" });
});

test("nodes are listed with what is free, and tagged", async () => {
  await orka.nodes.tag("mini-1", "fast");
  const node = (await orka.nodes.list()).find((n) => n.name === "mini-1");
  assert.deepEqual(node, {
    name: "mini-1",
    ip: "10.221.188.11",
    phase: "READY",
    nodeType: "WORKER",
    namespace: "orka-default",
    tags: ["fast"],
    availableCpu: 12,
    availableMemoryGb: 64,
    allocatableCpu: 12,
    allocatableMemoryGb: 64,
  });
  await orka.nodes.untag("mini-1", "fast");
  await assert.rejects(orka.nodes.tag("mini-9", "fast"), { kind: "not-found" });
});

test("a service account gets a token that works until the account is deleted", async () => {
  await orka.serviceAccounts.create("ci");
  await assert.rejects(orka.serviceAccounts.create("ci"), { kind: "already-exists" });
  assert.deepEqual(await orka.serviceAccounts.list(), ["ci"]);
  const token = await orka.serviceAccounts.token("ci", "no-expiration");
  const asCi = await openOrka({ ...cluster, token });
  assert.deepEqual(await asCi.vms.list(), []);
  await assert.rejects(asCi.nodes.tag("mini-1", "x"), { kind: "access-denied" });
  assert.equal(await orka.serviceAccounts.delete("ci"), true);
  assert.equal(await orka.serviceAccounts.delete("ci"), false);
  await assert.rejects(asCi.vms.list(), { kind: "access-denied", message: /orkaToken/ });
  await assert.rejects(orka.serviceAccounts.token("ci", { minutes: 30 }), { kind: "not-found" });
});

test("the life of a token is given in minutes", async () => {
  const { exec, calls } = watchedExec();
  const watched = await openOrka(cluster, exec);
  await watched.serviceAccounts.create("short");
  await watched.serviceAccounts.token("short", { minutes: 90 });
  assert.ok(calls.some(({ argv }) => argv.includes("--duration") && argv.includes("90m")));
  await assert.rejects(watched.serviceAccounts.token("short", { minutes: 0.5 }), { kind: "invalid-argument" });
});

test("orka3 tells its version and its service URL", async () => {
  assert.match(await orka.version(), /\d+\.\d+\.\d+/);
  assert.equal(await orka.apiUrl(), cluster.url);
});

test("every call is for the namespace of the session", async () => {
  const there = await testCluster({
    nodes: [{ name: "n", ip: "10.0.0.3", cpu: 8, memoryGb: 16, namespace: "orka-ci" }],
  });
  const [ours, theirs] = [await openOrka(there, undefined, "orka-ci"), await openOrka(there)];
  await ours.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 8 });
  await ours.vms.deploy(request("same"));
  assert.deepEqual(await theirs.vms.list(), []);
  assert.equal(await theirs.vms.delete("same"), false);
  assert.equal((await ours.vms.list()).length, 1);
  assert.equal((await ours.nodes.list()).length, 1);
  const nowhere = await openOrka(there, undefined, "orka-nowhere");
  await assert.rejects(nowhere.vms.list(), { kind: "not-found" });
});

interface Refusal {
  name: string;
  fault: Omit<Fault, "operation"> & { operation?: string };
  kind: string;
  message: RegExp;
}

const refusals: Refusal[] = [
  {
    name: "no node",
    fault: { effect: "no-node" },
    kind: "no-capacity",
    message: /No node in `READY` state is available/,
  },
  { name: "never placed", fault: { effect: "pending-forever" }, kind: "timeout", message: /timed out/ },
  { name: "an empty phase for ever", fault: { effect: "empty-phase" }, kind: "timeout", message: /timed out/ },
  { name: "bad token", fault: { effect: "unauthorized" }, kind: "access-denied", message: /Unauthorized/ },
  {
    name: "token lost on the way",
    fault: { effect: "unauthorized", operation: "vm.get" },
    kind: "access-denied",
    message: /Unauthorized/,
  },
  { name: "server error", fault: { effect: "server-error" }, kind: "failed", message: /Internal error/ },
  { name: "answer lost", fault: { effect: "answer-lost" }, kind: "unreachable", message: /EOF/ },
  { name: "orka3 killed", fault: { effect: "client-killed" }, kind: "failed", message: /vm deploy/ },
  ...[
    ["Not enough CPU available", "no-capacity"],
    ["Not enough memory available", "no-capacity"],
    ["No nodes available in namespace", "no-capacity"],
    ["maximum supported number of active virtual machines has been reached", "slot-limit"],
    ["VZErrorDomain Code=2", "failed"],
  ].map(([message = "", kind = ""]) => ({
    name: message,
    fault: { effect: "refused" as const, message },
    kind,
    message: new RegExp(message),
  })),
];
for (const { name, fault, kind, message } of refusals) {
  test(`a deployment fails: ${name}`, async () => {
    if (fault.operation) cluster.inject({ operation: "vm.create", effect: "slow", seconds: 30_000 });
    cluster.inject({ operation: "vm.create", ...fault });
    await assert.rejects(orka.vms.deploy(request("unlucky")), { kind, message });
    await orka.vms.delete("unlucky");
  });
}

test("a deployment has the time that orka3 itself allows it, and a margin", async () => {
  const { exec, calls } = watchedExec();
  await (await openOrka(cluster, exec)).vms.deploy({ ...request("timed"), timeoutMinutes: 20 });
  await orka.vms.delete("timed");
  assert.equal(calls.at(-1)?.timeoutSeconds, 20 * 60 + 60);
});

test("an unknown VM config and a name that is taken are told apart", async () => {
  await assert.rejects(orka.vms.deploy({ ...request("a"), config: "no-such" }), {
    kind: "not-found",
    message: /config does not exist/,
  });
  await orka.vms.deploy(request("taken"));
  await assert.rejects(orka.vms.deploy(request("taken")), { kind: "already-exists", message: /VM with name taken/ });
  await orka.vms.delete("taken");
});

test("a full cluster fails after the time-out and leaves the VM that failed", async () => {
  for (const i of [1, 2, 3, 4]) await orka.vms.deploy({ ...request(`full-${i}`) });
  await assert.rejects(orka.vms.deploy(request("full-5")), { kind: "no-capacity" });
  assert.equal((await orka.vms.list()).find((vm) => vm.name === "full-5")?.status, "Failed");
  for (const i of [1, 2, 3, 4, 5]) assert.equal(await orka.vms.delete(`full-${i}`), true);
});

for (const listShape of ["array", "items", "object"] as const) {
  test(`a version that lists as ${listShape}, warns on stderr and hides metadata is understood`, async () => {
    cluster.setQuirks({ listShape, warning: "Warning: a newer version is available", hideMetadata: true });
    await orka.vms.deploy(request("shape"));
    const vms = await orka.vms.list();
    cluster.setQuirks({});
    assert.deepEqual(
      vms.map((vm) => [vm.name, vm.metadata]),
      [["shape", undefined]],
    );
    await orka.vms.delete("shape");
  });
}

test("a node failure leaves VMs pending", async () => {
  const fragile = await testCluster();
  const there = await openOrka(fragile);
  await there.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });
  const vm = await there.vms.deploy(request("lost"));
  fragile.failNode(vm.node ?? "");
  assert.equal((await there.vms.list())[0]?.status, "Pending");
  assert.equal((await there.nodes.list()).find((node) => node.name === vm.node)?.phase, "NOT READY");
});

test("names and metadata against the rules never reach orka3", async () => {
  const { exec, calls } = watchedExec();
  const watched = await openOrka(cluster, exec);
  const before = calls.length;
  const attempts = [
    () => watched.vms.delete("--all"),
    () => watched.vms.deploy(request("Größe")),
    () => watched.vms.deploy({ ...request("ok"), metadata: { a: "b,c=d" } }),
    () => watched.vms.resize("ok", 1.5),
    () => watched.vms.push("ok", "no-registry"),
    () => watched.images.delete("a/b"),
    () => watched.nodes.tag("mini-1", "-x"),
    () => watched.imageCache.add("sonoma-90gb", { nodes: ["--all"] }),
  ];
  for (const attempt of attempts) await assert.rejects(attempt, { kind: "invalid-argument" });
  assert.equal(calls.length, before);
});

test("what is printed on stdout besides JSON is not guessed at", async () => {
  const inner = inProcessExec();
  const exec = {
    where: "here",
    run: async (command: Parameters<typeof inner.run>[0]) => {
      const output = await inner.run(command);
      return { ...output, stdout: `Loading...\n${output.stdout}` };
    },
  };
  const noisy = await openOrka(cluster, exec);
  await assert.rejects(noisy.vms.list(), { kind: "unexpected-output" });
});
