import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { decideSweep, type SweptInstance, type SweptTask } from "../../../model/ec2-mac/sweep.ts";

const hour = 3600;
const now = 1_800_000_000;
const mark = { "mac-runner-fleet:id": "fleet-1", "mac-runner-fleet:pool": "macs" };
const policy = { mark, sweepSeconds: 72 * hour };

function instance(hours: number, tags: Record<string, string> = {}, state = "running"): SweptInstance {
  return { instanceId: "i-1", state, launchedAt: now - hours * hour, tags: { ...mark, Name: "mac-1", ...tags } };
}

function task(state: string, hoursAgo: number): SweptTask {
  const completedAt = now - hoursAgo * hour;
  return { instanceId: "i-1", state, startedAt: completedAt - 600, completedAt };
}

describe("the sweeper", () => {
  const cases: [name: string, instance: SweptInstance, tasks: SweptTask[], end: string[], persistent: string[]][] = [
    ["leaves a young one", instance(71), [], [], []],
    ["ends one that has lived for 3 days", instance(72), [], ["i-1"], []],
    ["ends one that is stopped", instance(80, {}, "stopped"), [], ["i-1"], []],
    ["leaves one that ends already", instance(80, {}, "shutting-down"), [], [], []],
    ["leaves one that has ended", instance(80, {}, "terminated"), [], [], []],
    ["counts from a new root volume", instance(100), [task("succeeded", 20)], [], []],
    ["counts from the newest one", instance(200), [task("succeeded", 20), task("succeeded", 90)], [], []],
    [
      "counts from the start of one whose end AWS does not tell",
      instance(100),
      [{ instanceId: "i-1", state: "succeeded", startedAt: now - 20 * hour }],
      [],
      [],
    ],
    ["takes a failed replacement for none", instance(100), [task("failed", 20)], ["i-1"], []],
    [
      "another's new root volume is not its",
      instance(100),
      [{ ...task("succeeded", 1), instanceId: "i-2" }],
      ["i-1"],
      [],
    ],
    ["reports a persistent one and leaves it", instance(100, { persistent: "true" }), [], [], ["i-1"]],
    ["takes no other word for persistent", instance(100, { persistent: "yes" }), [], ["i-1"], []],
    ["does not care who took it out of the loops", instance(100, { PWPoolReady: "false" }), [], ["i-1"], []],
    ["leaves another pool's", instance(100, { "mac-runner-fleet:pool": "others" }), [], [], []],
    ["leaves another fleet's", instance(100, { "mac-runner-fleet:id": "fleet-2" }), [], [], []],
  ];
  for (const [name, one, tasks, end, persistent] of cases)
    test(name, () => {
      const sweep = decideSweep([one], tasks, policy, now);
      const ids = (list: readonly { instanceId: string }[]) => list.map(({ instanceId }) => instanceId);
      deepEqual([ids(sweep.end), ids(sweep.persistent)], [end, persistent]);
    });
});
