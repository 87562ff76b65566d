import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { poolMetrics } from "../../../model/ec2-mac/pool-metrics.ts";
import type { PoolMemory } from "../../../model/ec2-mac/types.ts";
import { sampleOf } from "../../../model/ec2-mac/utilization.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { host, instance, life, now, observed, registered, type Sight } from "./build.ts";
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
    removals: { "h-6": now - 9 * hour, "h-9": now - hour },
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
  const after = { ...emptyMemory, lives: [failed, old, open] };
  deepEqual(poolMetrics(view, before, after), {
    ReadyRunners: 2,
    BusyRunners: 2,
    ReadyRunnersOutlook: 2,
    PromisedRunners: 5,
    DeclaredHosts: 6,
    HostsFailed: 1,
    HostsScrubbing: 2,
    ScrubOverdue: 1,
    LaunchFailures: 1,
    LeasesWaiting: 2,
    LeaseWaitOverdueSeconds: 6 * hour - 120,
    InstancesPastHardLimit: 1,
    ControllerLooks: 1,
  });
});

const overdue: { name: string; removedAt: number; allocatedAt: number; expect: number }[] = [
  {
    name: "a host that had been paid for long when it was removed",
    removedAt: now,
    allocatedAt: now - 120 * hour,
    expect: 0,
  },
  { name: "its last job may run for its grace", removedAt: now - 2 * hour, allocatedAt: now - 120 * hour, expect: 0 },
  { name: "then it is late", removedAt: now - 5 * hour, allocatedAt: now - 120 * hour, expect: 3 * hour },
  { name: "but not before its lease is paid", removedAt: now - 20 * hour, allocatedAt: now - 23 * hour, expect: 0 },
];
for (const { name, removedAt, allocatedAt, expect } of overdue)
  test(`overdue: ${name}`, () => {
    const seen = observed({ hosts: [host(9, { allocatedAt })], memory: { removals: { "h-9": removedAt } } });
    equal(poolMetrics(viewOf(seen, policyFor(1), now), emptyMemory, emptyMemory).LeaseWaitOverdueSeconds, expect);
  });

const asked = life({ hostId: "h-1", result: "asked", askedAt: now - hour });
const order = { clientToken: "host-MacM1-2", hostName: "MacM1-2", zone: "us-east-1b", instanceType: "mac2.metal" };
const drained = instance(1, { runner: registered({ accepting: false }) });
const troubles: { name: string; sight?: Sight; after: Partial<PoolMemory>; expect: number }[] = [
  { name: "a launch that found no room is none", after: { lives: [{ ...asked, result: "refused" }] }, expect: 0 },
  {
    name: "a new root volume that AWS refused is one",
    after: { lives: [{ ...asked, kind: "replacement", result: "refused" }] },
    expect: 1,
  },
  { name: "an order that has had no answer for an hour is one", after: { lives: [asked] }, expect: 1 },
  { name: "one of a minute ago is not yet", after: { lives: [{ ...asked, askedAt: now - 60 }] }, expect: 0 },
  {
    name: "one that a later one has followed is past",
    after: { lives: [asked, life({ hostId: "h-1", result: "ready" })] },
    expect: 0,
  },
  {
    name: "a replacement without an answer is one while its Mac is drained",
    sight: { instances: [drained] },
    after: { lives: [{ ...asked, kind: "replacement", instanceId: "i-1" }] },
    expect: 1,
  },
  { name: "one of a host that is gone is past", sight: { hosts: [host(3)] }, after: { lives: [asked] }, expect: 0 },
  {
    name: "a host that was ordered and never answered for is one",
    after: { allocations: [{ ...order, askedAt: now - hour, result: "asked" }] },
    expect: 1,
  },
];
for (const { name, sight, after, expect } of troubles)
  test(`launch failures: ${name}`, () => {
    const seen = viewOf(observed(sight ?? { hosts: [host(1)] }), policyFor(2), now);
    equal(poolMetrics(seen, emptyMemory, { ...emptyMemory, ...after }).LaunchFailures, expect);
  });

test("a pool that follows its demand tells what it has, wants and has to do", () => {
  const sizing = { least: 1, most: 6, deviations: 0, answered: 1 };
  const sized = viewOf(sight, { ...policyFor(6), sizing }, now);
  const { DeclaredHosts, WantedRunners, WaitingJobs } = poolMetrics(sized, emptyMemory, emptyMemory, 4);
  deepEqual([DeclaredHosts, WantedRunners, WaitingJobs], [5, 6, 4]);
  const blind = poolMetrics(sized, emptyMemory, emptyMemory, { why: "no answer" });
  deepEqual("WaitingJobs" in blind, false, "unknown is not none");
});

test("a sample of its use", () => {
  deepEqual(sampleOf(view.places, 5, now), { at: now, hosts: 7, ready: 2, busy: 2, jobsFinished: 5 });
});
