import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { leavingTag } from "../../../model/ec2-mac/lease-mark.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import { decided, host, instance, kinds, now, reasonOf, registered, type Sight } from "./build.ts";
import { hour, minute, policyFor } from "./scenario.ts";

const none: Partial<PoolPolicy> = { hosts: [], floor: 0, promisedReady: 0 };
const one: Partial<PoolPolicy> = { hosts: policyFor(1).hosts, floor: 0, promisedReady: 0 };
const young = { allocatedAt: now - 5 * hour };
const unseen = { state: "unknown", why: "503 Service Unavailable" } as const;
const leaving = { tags: { ...host(1).tags, [leavingTag]: String(now - hour) } };
const misnamed = instance(1, { tags: { ...instance(1).tags, Name: "MacM1-7" } });
const out = { tags: { ...host(1).tags, PWPoolReady: "false" } };

const cases: { name: string; sight: Sight; policy: Partial<PoolPolicy>; expect: string[] }[] = [
  {
    name: "an empty host that is paid for is released",
    sight: { hosts: [host(1)] },
    policy: none,
    expect: ["release MacM1-1"],
  },
  {
    name: "a scrub does not hold a release up",
    sight: { hosts: [host(1, { state: "pending" })] },
    policy: none,
    expect: ["release MacM1-1"],
  },
  { name: "not before 24 hours", sight: { hosts: [host(1, young)] }, policy: none, expect: ["wait MacM1-1"] },
  {
    name: "nor in the minutes by which clocks may differ",
    sight: { hosts: [host(1, { allocatedAt: now - 24 * hour - minute })] },
    policy: none,
    expect: ["wait MacM1-1"],
  },
  {
    name: "a running job is waited for: the runner is drained, all of them at once",
    sight: { instances: [instance(1, { runner: registered({ busy: true }) }), instance(2)] },
    policy: none,
    expect: ["drain MacM1-1", "drain MacM1-2"],
  },
  {
    name: "what is not in service yet is ended at once",
    sight: {
      instances: [instance(1, { setUp: { state: "running", startedAt: now - minute }, runner: { state: "absent" } })],
    },
    policy: none,
    expect: ["terminate MacM1-1"],
  },
  {
    name: "after lost memory it may be a runner between two jobs, which is told to drain",
    sight: { instances: [instance(1, { setUp: { state: "running" }, runner: { state: "absent" } })] },
    policy: none,
    expect: ["drain MacM1-1"],
  },
  {
    name: "so may one that nobody looked at for long",
    sight: {
      instances: [
        instance(1, { setUp: { state: "running", startedAt: now - 9 * minute }, runner: { state: "absent" } }),
      ],
      memory: { setUpSeenAt: { "i-1": now } },
    },
    policy: none,
    expect: ["drain MacM1-1"],
  },
  {
    name: "a runner that nobody could look at may have a job: it is told to drain, not ended",
    sight: { instances: [instance(1, { runner: unseen })] },
    policy: none,
    expect: ["drain MacM1-1"],
  },
  {
    name: "nor is one whose set-up nobody could look at",
    sight: { instances: [instance(1, { setUp: { state: "unknown", why: "503" }, runner: unseen })] },
    policy: none,
    expect: ["drain MacM1-1"],
  },
  {
    name: "nor is the hidden runner of a surplus host",
    sight: {
      hosts: [host(1), host(1, { hostId: "h-8", allocatedAt: now - 200 * hour, instanceIds: ["i-8"], hasRoom: false })],
      instances: [instance(1, { instanceId: "i-8", hostId: "h-8", runner: unseen })],
      memory: { hostIds: { "MacM1-1": "h-1" } },
    },
    policy: one,
    expect: ["drain MacM1-1", "launch MacM1-1"],
  },
  {
    name: "a one-job runner that is absent for a moment is waited for",
    sight: { instances: [instance(1, { runner: { state: "absent" } })] },
    policy: none,
    expect: ["wait MacM1-1"],
  },
  {
    name: "an instance with another name than its host's is drained like any other",
    sight: { instances: [misnamed] },
    policy: none,
    expect: ["drain MacM1-1"],
  },
  {
    name: "and ended once it is",
    sight: {
      instances: [{ ...misnamed, runner: { state: "absent" } }],
      memory: {
        drains: { "i-1": { since: now - minute, toldAt: now - minute, answered: true, way: "terminate", why: "" } },
      },
    },
    policy: none,
    expect: ["terminate MacM1-1"],
  },
  {
    name: "an instance that is ending is waited for",
    sight: { instances: [instance(1, { state: "shutting-down" })] },
    policy: none,
    expect: ["wait MacM1-1"],
  },
  {
    name: "what is not ours keeps its host",
    sight: { hosts: [host(1, { instanceIds: ["i-9"], hasRoom: false })] },
    policy: none,
    expect: ["wait MacM1-1"],
  },
  {
    name: "a host that is out of every loop is not released",
    sight: { hosts: [host(1, out)] },
    policy: none,
    expect: ["wait MacM1-1"],
  },
  {
    name: "a host of somebody else is not released",
    sight: { hosts: [host(1, { tags: { Name: "MacM1-1", PWPoolReady: "true" } })] },
    policy: none,
    expect: [],
  },
  {
    name: "a host that is being given back gets no launch from a process with old settings, and no other in its place",
    sight: { hosts: [host(1, { ...leaving, ...young })], memory: { hostIds: { "MacM1-1": "h-1" } } },
    policy: one,
    expect: ["wait MacM1-1", "wait MacM1-1"],
  },
  {
    name: "its runner is drained",
    sight: { instances: [instance(1)], hosts: [host(1, { ...leaving, instanceIds: ["i-1"], hasRoom: false })] },
    policy: one,
    expect: ["drain MacM1-1", "wait MacM1-1"],
  },
  {
    name: "a new host of the same name is the declared one, though the other has been paid for longer",
    sight: {
      hosts: [host(1, leaving), host(1, { hostId: "h-8", allocatedAt: now - hour })],
      memory: { hostIds: { "MacM1-1": "h-1" } },
    },
    policy: one,
    expect: ["adopt MacM1-1", "launch MacM1-1", "release MacM1-1"],
  },
  {
    name: "what is released already is no longer there",
    sight: { hosts: [host(1, { state: "released" }), host(2, { state: "released-permanent-failure" })] },
    policy: none,
    expect: [],
  },
  {
    name: "a failed host is ended, and replaced without waiting for it",
    sight: {
      hosts: [host(1, { state: "permanent-failure", instanceIds: ["i-1"], hasRoom: false })],
      instances: [instance(1)],
    },
    policy: one,
    expect: ["allocate MacM1-1", "terminate MacM1-1"],
  },
  {
    name: "a failed host that is empty and paid for is released",
    sight: { hosts: [host(1, { state: "permanent-failure" })] },
    policy: one,
    expect: ["allocate MacM1-1", "release MacM1-1"],
  },
  {
    name: "of two hosts with one name the one that is known stays",
    sight: {
      hosts: [host(1), host(1, { hostId: "h-8", allocatedAt: now - 200 * hour })],
      memory: { hostIds: { "MacM1-1": "h-1" } },
    },
    policy: one,
    expect: ["launch MacM1-1", "release MacM1-1"],
  },
  {
    name: "a host that AWS put in the place of another, with its tags, is adopted",
    sight: {
      hosts: [host(1, { hostId: "h-8", state: "pending" }), host(1, { state: "released-permanent-failure" })],
      memory: { hostIds: { "MacM1-1": "h-1" } },
    },
    policy: one,
    expect: ["adopt MacM1-1"],
  },
];

for (const { name, sight, policy, expect } of cases) test(name, () => deepEqual(kinds(decided(sight, policy)), expect));

test("what waits to be released is shown with its time", () => {
  const waiting = decided({ hosts: [host(1, young)] }, none);
  equal(reasonOf(waiting, "wait"), "no longer declared, and available; AWS takes it back at 2026-01-11 07:02 UTC");
});
