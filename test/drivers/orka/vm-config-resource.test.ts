import assert from "node:assert/strict";
import { test } from "node:test";
import { orkaCli } from "../../../drivers/orka/cli.ts";
import { openSession } from "../../../drivers/orka/session.ts";
import { type OrkaVmConfigInputs, orkaVmConfigLifecycle } from "../../../drivers/orka/vm-config-resource.ts";
import { inProcessExec, openOrka, placeOf, testCluster, withToken } from "./support.ts";

async function scene() {
  const cluster = await testCluster();
  const exec = inProcessExec();
  const connect = async (place: OrkaVmConfigInputs["cluster"], token: string) =>
    orkaCli(exec, await openSession(exec, place, token));
  const lifecycle = withToken(orkaVmConfigLifecycle({ connect }), cluster);
  const inputs: OrkaVmConfigInputs = {
    cluster: placeOf(cluster),
    name: "sonoma",
    image: "sonoma-90gb",
    cpu: 4,
    memoryGb: 14.4,
    tag: "xcode",
    tagRequired: true,
  };
  return { cluster, orka: await openOrka(cluster), lifecycle, inputs };
}

test("a config is made, read, adopted and removed", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  const { id, outs } = await lifecycle.create(inputs);
  assert.deepEqual([id, outs], ["sonoma", inputs]);
  assert.deepEqual(await lifecycle.read(id, outs), { id, props: outs });
  assert.deepEqual((await lifecycle.create(inputs)).outs, inputs);
  assert.equal(cluster.state.vmConfigs.length, 1);
  await lifecycle.remove(id, outs);
  await lifecycle.remove(id, outs);
  assert.deepEqual(await lifecycle.read(id, outs), {});
});

test("a plain config keeps to what was declared when it is read back", async () => {
  const { lifecycle, inputs } = await scene();
  const { tag: _tag, tagRequired: _required, ...plain } = inputs;
  const { id, outs } = await lifecycle.create(plain);
  assert.deepEqual(await lifecycle.read(id, outs), { id, props: plain });
});

test("one that looks different is neither taken over nor deleted, and what differs is said", async () => {
  const { cluster, orka, lifecycle, inputs } = await scene();
  await orka.vmConfigs.create({ name: "sonoma", image: "sequoia-90gb", cpu: 6, memoryGb: 8 });
  const message =
    /image is sequoia-90gb, declared is sonoma-90gb[\s\S]*cpu is 6[\s\S]*memory is 8[\s\S]*tag is not set/;
  await assert.rejects(lifecycle.create(inputs), { kind: "already-exists", message });
  await assert.rejects(lifecycle.remove("sonoma", inputs), { kind: "not-ours", message });
  assert.equal(cluster.state.vmConfigs.length, 1);
});

test("a create whose answer is lost is finished by the next", async () => {
  const { cluster, lifecycle, inputs } = await scene();
  cluster.inject({ operation: "vm-config.create", effect: "answer-lost" });
  await assert.rejects(lifecycle.create(inputs), { kind: "unreachable" });
  await lifecycle.create(inputs);
  assert.equal(cluster.state.vmConfigs.length, 1);
});

test("every change makes another config, after the old one is gone", async () => {
  const { lifecycle, inputs } = await scene();
  const same = await lifecycle.diff("sonoma", inputs, { ...inputs, cluster: { ...inputs.cluster } });
  assert.equal(same.changes, false);
  for (const [key, value] of Object.entries({ cpu: 6, memoryGb: 8, image: "other", tag: "fast", tagRequired: false })) {
    const diff = await lifecycle.diff("sonoma", inputs, { ...inputs, [key]: value });
    assert.deepEqual(diff, { changes: true, replaces: [key], deleteBeforeReplace: true });
  }
  await assert.rejects(lifecycle.update("sonoma", inputs, inputs), { kind: "invalid-argument" });
});

test("a refresh shows what somebody changed by hand", async () => {
  const { orka, lifecycle, inputs } = await scene();
  await orka.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 6, memoryGb: 14.4, tag: "xcode" });
  const { tagRequired: _, ...props } = { ...inputs, cpu: 6 };
  assert.deepEqual(await lifecycle.read("sonoma", inputs), { id: "sonoma", props });
});

test("a check names what is wrong", async () => {
  const { lifecycle, inputs } = await scene();
  const wrong = { ...inputs, name: "x".repeat(51), image: "a b", cpu: 1, tag: "y".repeat(33) };
  const { failures } = await lifecycle.check(wrong, wrong);
  assert.deepEqual(
    failures.map((failure) => failure.property),
    ["name", "image", "cpu", "tag"],
  );
});
