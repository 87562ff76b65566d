import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type { RootVolumeTask } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, now, reasonOf, registered, type Sight } from "./build.ts";
import { day, hour, minute } from "./scenario.ts";

const unknown = { state: "unknown", why: "503 Service Unavailable" } as const;
const booting = { checks: "initializing", setUp: { state: "none" }, runner: { state: "absent" } } as const;
const absent = { runner: { state: "absent" } } as const;

function task(n: number, state: string, startedAt: number): RootVolumeTask {
  const done = state === "succeeded" ? { completedAt: startedAt + 6 * minute } : {};
  return { taskId: `t-${n}`, instanceId: `i-${n}`, state, startedAt, ...done };
}

const cases: { name: string; sight: Sight; policy?: Partial<PoolPolicy>; expect: string[] }[] = [
  { name: "a ready runner is let alone", sight: { instances: [instance(1)] }, expect: [] },
  {
    name: "past the hard limit it ends, job or no job",
    sight: { instances: [instance(1, { launchedAt: now - 48 * hour, runner: registered({ busy: true }) })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "the hard limit holds when nobody could look at its runner",
    sight: { instances: [instance(1, { launchedAt: now - 49 * hour, runner: unknown })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a replacement began a new life, by AWS's record",
    sight: {
      instances: [instance(1, { launchedAt: now - 4 * day })],
      tasks: [task(1, "succeeded", now - 10 * hour)],
    },
    expect: [],
  },
  {
    name: "the new life has a hard limit of its own",
    sight: {
      instances: [instance(1, { launchedAt: now - 4 * day })],
      tasks: [task(1, "succeeded", now - 49 * hour)],
    },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a replacement on its way does not bring back the age of the launch",
    sight: {
      instances: [instance(1, { launchedAt: now - 4 * day, ...absent })],
      tasks: [task(1, "succeeded", now - 24 * hour), { ...task(1, "in-progress", now - 5 * minute), taskId: "t-2" }],
    },
    expect: [],
  },
  {
    name: "seven days after the launch the host is scrubbed, however young the life",
    sight: { instances: [instance(1, { launchedAt: now - 7 * day })], tasks: [task(1, "succeeded", now - hour)] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a Mac that boots is let alone",
    sight: { instances: [instance(1, { ...booting, launchedAt: now - 59 * minute })] },
    expect: [],
  },
  {
    name: "one that has not booted after an hour ends",
    sight: { instances: [instance(1, { ...booting, launchedAt: now - 61 * minute })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a Mac that has booted is set up",
    sight: { instances: [instance(1, { ...booting, checks: "ok", launchedAt: now - 12 * minute })] },
    expect: ["set-up MacM1-1"],
  },
  {
    name: "one whose set-up never begins ends",
    sight: { instances: [instance(1, { ...booting, checks: "ok", launchedAt: now - 101 * minute })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a set-up may take 40 minutes",
    sight: {
      instances: [instance(1, { setUp: { state: "running" }, ...absent })],
      memory: { setUpSeenAt: { "i-1": now - 40 * minute } },
    },
    expect: [],
  },
  {
    name: "and no longer",
    sight: {
      instances: [instance(1, { setUp: { state: "running" }, ...absent })],
      memory: { setUpSeenAt: { "i-1": now - 41 * minute } },
    },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a failed set-up ends it",
    sight: { instances: [instance(1, { setUp: { state: "failed", text: "disk full" }, ...absent })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a set-up that nobody could look at does not",
    sight: { instances: [instance(1, { setUp: { state: "unknown", why: "no route to host" }, ...absent })] },
    expect: [],
  },
  {
    name: "a runner that is absent gets one more chance",
    sight: { instances: [instance(1, absent), instance(2)], memory: { absentSince: { "i-1": now - 5 * minute } } },
    expect: ["wait MacM1-1"],
  },
  {
    name: "and then ends",
    sight: { instances: [instance(1, absent), instance(2)], memory: { absentSince: { "i-1": now - 11 * minute } } },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "two of three that are absent end as well: the third shows that the CI system works",
    sight: {
      instances: [instance(1, absent), instance(2, absent), instance(3)],
      memory: { absentSince: { "i-1": now - 11 * minute, "i-2": now - 5 * minute } },
    },
    expect: ["terminate MacM1-1", "wait MacM1-2"],
  },
  {
    name: "when both of two are absent, the CI system is doubted first",
    sight: {
      instances: [instance(1, absent), instance(2, absent)],
      memory: { absentSince: { "i-1": now - 30 * minute, "i-2": now - 30 * minute } },
    },
    expect: ["wait MacM1-1", "wait MacM1-2"],
  },
  {
    name: "a runner that has signed off to drain says nothing about the CI system",
    sight: {
      instances: [instance(1, absent), instance(2, absent)],
      memory: {
        absentSince: { "i-1": now - 30 * minute },
        drains: { "i-2": { since: now - hour, toldAt: now - hour, answered: false, way: "terminate", why: "old" } },
      },
    },
    expect: ["drain MacM1-2", "wait MacM1-1"],
  },
  {
    name: "so it is when the only one is absent and its Mac, which would shut itself down, is well",
    sight: { instances: [instance(1, absent)], memory: { absentSince: { "i-1": now - 30 * minute } } },
    expect: ["wait MacM1-1"],
  },
  {
    name: "for an hour",
    sight: { instances: [instance(1, absent)], memory: { absentSince: { "i-1": now - hour } } },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "but not when its Mac is not well",
    sight: {
      instances: [instance(1, { ...absent, checks: "impaired" })],
      memory: { absentSince: { "i-1": now - 11 * minute } },
    },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a runner that the CI system could not tell of is let alone",
    sight: { instances: [instance(1, { runner: unknown })] },
    expect: [],
  },
  {
    name: "when most runners are absent at once, the CI system is doubted first",
    sight: {
      instances: [1, 2, 3, 4].map((n) => instance(n, absent)),
      memory: { absentSince: Object.fromEntries([1, 2, 3, 4].map((n) => [`i-${n}`, now - 20 * minute])) },
    },
    expect: ["wait MacM1-1", "wait MacM1-2", "wait MacM1-3", "wait MacM1-4"],
  },
  {
    name: "but not for ever",
    sight: {
      instances: [1, 2, 3].map((n) => instance(n, absent)),
      memory: { absentSince: Object.fromEntries([1, 2, 3].map((n) => [`i-${n}`, now - 61 * minute])) },
    },
    expect: ["terminate MacM1-1", "terminate MacM1-2", "terminate MacM1-3"],
  },
  {
    name: "a failed replacement ends it",
    sight: { instances: [instance(1, absent)], tasks: [task(1, "failed", now - hour)] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a replacement that hangs ends it",
    sight: { instances: [instance(1, absent)], tasks: [task(1, "in-progress", now - 61 * minute)] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "a stopped instance would keep its host for ever",
    sight: { instances: [instance(1, { state: "stopped", ...absent })] },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "an instance with another name than its host's is let alone until somebody mends the tag",
    sight: { instances: [instance(1, { tags: { ...instance(1).tags, Name: "MacM1-7" } })] },
    expect: ["wait MacM1-1"],
  },
  {
    name: "a host under assessment keeps its instance",
    sight: { hosts: [host(1, { state: "under-assessment", instanceIds: ["i-1"] })], instances: [instance(1, absent)] },
    expect: [],
  },
  {
    name: "a host that is out keeps its instance past every limit",
    sight: {
      hosts: [host(1, { tags: { ...host(1).tags, PWPoolReady: "false" } })],
      instances: [instance(1, { launchedAt: now - 5 * day, ...absent })],
    },
    expect: [],
  },
  {
    name: "so does an instance that is out",
    sight: {
      instances: [instance(1, { launchedAt: now - 5 * day, tags: { ...instance(1).tags, PWPoolReady: "debug" } })],
    },
    expect: [],
  },
  {
    name: "a foreign instance on our host is never touched",
    sight: { instances: [instance(1, { launchedAt: now - 9 * day, tags: { Name: "MacM1-1", PWPoolReady: "true" } })] },
    expect: [],
  },
];

for (const { name, sight, policy, expect } of cases) test(name, () => deepEqual(kinds(decided(sight, policy)), expect));

test("an end says why", () => {
  const old = decided({ instances: [instance(1, { launchedAt: now - 50 * hour })] });
  match(reasonOf(old, "terminate"), /^2\.1 days old, and 2 days is the hard limit$/);
});
