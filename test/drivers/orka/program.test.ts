import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { localExec } from "../../../drivers/exec/local.ts";
import { until } from "../../support/until.ts";
import { openOrka, testCluster } from "./support.ts";

/* The driver and the program orka3 as a process of its own, found on PATH. */

const bin = fileURLToPath(new URL("../../../simulators/orka/bin", import.meta.url));
const exec = localExec({ env: { PATH: `${bin}${delimiter}${process.env.PATH}`, MAC_SIM_NODE: process.execPath } });
const cluster = await testCluster();
const orka = await openOrka(cluster, exec);
await orka.vmConfigs.create({ name: "sonoma", image: "sonoma-90gb", cpu: 4, memoryGb: 14.4 });
const request = { name: "vm-1", config: "sonoma", metadata: { a: "b" }, timeoutMinutes: 1 };

test("deploys, lists and deletes", async () => {
  const vm = await orka.vms.deploy(request);
  assert.deepEqual(
    (await orka.vms.list()).map((seen) => [seen.name, seen.ip]),
    [["vm-1", vm.ip]],
  );
  assert.equal(await orka.vms.delete("vm-1"), true);
});

test("a deployment that is called off is ended, and the VM it began is there to be found", async () => {
  cluster.inject({ operation: "vm.create", effect: "pending-forever" });
  const controller = new AbortController();
  const deploying = assert.rejects(orka.vms.deploy(request, { signal: controller.signal }), { kind: "aborted" });
  await until(() => cluster.state.vms.length > 0);
  controller.abort();
  await deploying;
  assert.deepEqual(
    (await orka.vms.list()).map((vm) => vm.status),
    ["Pending"],
  );
  await orka.vms.delete("vm-1");
});

test("an orka3 that is killed after the cluster did its part is a failure, not an answer", async () => {
  cluster.inject({ operation: "vm.create", effect: "client-killed" });
  await assert.rejects(orka.vms.deploy(request), { kind: "failed" });
  assert.equal(await orka.vms.delete("vm-1"), true);
});

test("a missing orka3 is told as such", async () => {
  const without = localExec({ env: { PATH: "/nonexistent" } });
  assert.ok(!existsSync("/nonexistent"));
  await assert.rejects(openOrka(cluster, without), { kind: "program-missing" });
});
