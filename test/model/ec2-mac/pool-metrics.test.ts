import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { poolMetrics } from "../../../model/ec2-mac/pool-metrics.ts";
import { sampleOf } from "../../../model/ec2-mac/utilization.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { host, instance, life, now, observed, registered } from "./build.ts";
import { hour, policyFor } from "./scenario.ts";

const sight = observed({
  hosts: [
    host(4, { state: "pending", hasRoom: false }),
    host(5, { state: "pending", hasRoom: false }),
    host(6, { state: "permanent-failure", allocatedAt: now - 30 * hour }),
    host(9, { allocatedAt: now - 25 * hour }),
  ],
  instances: [
    instance(1),
    instance(2, { runner: registered({ busy: true }) }),
    instance(3, { launchedAt: now - 49 * hour, runner: registered({ accepting: false, busy: true }) }),
  ],
  memory: {
    hostStates: {
      "h-4": { state: "pending", since: now - hour },
      "h-5": { state: "pending", since: now - 6 * hour },
    },
  },
});
const view = viewOf(sight, policyFor(6), now);

test("the pool in numbers", () => {
  const failed = life({ hostId: "h-1", result: "failed", resultAt: now });
  const old = life({ hostId: "h-2", result: "failed" });
  const open = life({ hostId: "h-3", result: "running" });
  const before = { ...emptyMemory, lives: [{ ...failed, result: "asked" as const }, old, open] };
  const after = { ...emptyMemory, lives: [failed, old, open, life({ hostId: "h-4", result: "refused" })] };
  deepEqual(poolMetrics(view, before, after), {
    ReadyRunners: 2,
    BusyRunners: 2,
    DeclaredHosts: 6,
    HostsFailed: 1,
    HostsScrubbing: 2,
    ScrubOverdue: 1,
    LaunchFailures: 2,
    LeasesWaiting: 2,
    LeaseWaitOverdueSeconds: 6 * hour - 120,
    InstancesPastHardLimit: 1,
    ControllerLooks: 1,
  });
});

test("a sample of its use", () => {
  deepEqual(sampleOf(view.places, 5, now), { at: now, hosts: 7, ready: 2, busy: 2, jobsFinished: 5 });
});
