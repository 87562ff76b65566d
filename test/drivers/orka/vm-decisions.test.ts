import assert from "node:assert/strict";
import { test } from "node:test";
import type { Vm } from "../../../drivers/orka/types.ts";
import {
  type CreateDecision,
  decideCreate,
  diffVm,
  mustGrow,
  type OrkaVmInputs,
} from "../../../drivers/orka/vm-decisions.ts";

const wanted: OrkaVmInputs = {
  cluster: { apiUrl: "http://10.0.0.1", namespace: "orka-default" },
  name: "vm-1",
  vmConfig: "sonoma",
  image: "sonoma-90gb",
  cpu: 4,
  memoryGb: 14.4,
  diskGb: 120,
  imageDiskGb: 90,
  fleetId: "f1",
};
const ours: Vm = {
  name: "vm-1",
  status: "Running",
  image: "sonoma-90gb",
  cpu: 4,
  memoryGb: 14.4,
  metadata: { "mac-runner-fleet": "f1" },
};

const creates: [name: string, seen: Vm | undefined, late: boolean, action: CreateDecision["action"], reason: RegExp][] =
  [
    ["nothing there", undefined, false, "deploy", /none/],
    ["ours and as declared", ours, false, "adopt", /earlier run/],
    [
      "ours, its shape not shown",
      { ...ours, image: undefined, cpu: undefined, memoryGb: undefined },
      false,
      "adopt",
      /./,
    ],
    ["ours, memory rounded", { ...ours, memoryGb: 14.396 }, false, "adopt", /./],
    ["ours, failed", { ...ours, status: "Failed" }, false, "redeploy", /failed/],
    ["ours, pending", { ...ours, status: "Pending" }, false, "wait", /Pending/],
    ["ours, pending for too long", { ...ours, status: "Pending" }, true, "redeploy", /still Pending/],
    ["ours, another image", { ...ours, image: "old" }, false, "redeploy", /image is old, not sonoma-90gb/],
    ["ours, fewer CPUs", { ...ours, cpu: 3 }, false, "redeploy", /3 CPUs, not 4/],
    ["ours, less memory", { ...ours, memoryGb: 8 }, true, "redeploy", /8 GB of memory, not 14.4/],
    ["of another fleet", { ...ours, metadata: { "mac-runner-fleet": "f2" } }, false, "refuse", /mac-runner-fleet=f1/],
    ["of another fleet, failed", { ...ours, status: "Failed", metadata: {} }, true, "refuse", /mac-runner-fleet=f1/],
    ["metadata not shown", { ...ours, metadata: undefined }, false, "refuse", /nobody can tell/],
  ];
for (const [name, seen, late, action, reason] of creates) {
  test(`${name}: ${action}`, () => {
    const decision = decideCreate(seen, wanted, late);
    assert.equal(decision.action, action);
    assert.match(decision.reason, reason);
  });
}

const diffs: [name: string, news: Partial<OrkaVmInputs>, changes: boolean, replaces: string[]][] = [
  ["nothing", {}, false, []],
  ["a longer wait", { deployTimeoutMinutes: 30 }, false, []],
  ["the disk of the image alone", { imageDiskGb: 100 }, false, []],
  ["a larger disk", { diskGb: 200 }, true, []],
  ["a smaller disk", { diskGb: 100 }, true, ["diskGb"]],
  ["the image", { image: "sequoia-90gb" }, true, ["image"]],
  ["the size", { cpu: 6, memoryGb: 28 }, true, ["cpu", "memoryGb"]],
  ["the config", { vmConfig: "other" }, true, ["vmConfig"]],
  ["the name", { name: "vm-2" }, true, ["name"]],
  ["the fleet", { fleetId: "f2" }, true, ["fleetId"]],
  ["the namespace", { cluster: { ...wanted.cluster, namespace: "orka-ci" } }, true, ["cluster"]],
  ["an image and a larger disk", { image: "sequoia-90gb", diskGb: 200 }, true, ["image"]],
];
for (const [name, news, changes, replaces] of diffs) {
  const how = !changes ? "no change" : replaces.length > 0 ? "another VM" : "in place";
  test(`changing ${name}: ${how}`, () => {
    assert.deepEqual(diffVm(wanted, { ...wanted, ...news }), { changes, replaces, deleteBeforeReplace: true });
  });
}

test("only a disk that is larger than the image's needs to grow", () => {
  assert.ok(mustGrow({ diskGb: 91, imageDiskGb: 90 }));
  assert.ok(!mustGrow({ diskGb: 90, imageDiskGb: 90 }));
});
