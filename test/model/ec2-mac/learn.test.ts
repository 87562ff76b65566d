import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { learn } from "../../../model/ec2-mac/learn.ts";
import { leavingTag } from "../../../model/ec2-mac/lease-mark.ts";
import { learnedScrubs, scrubPercentile } from "../../../model/ec2-mac/scrub-times.ts";
import type { LifeRecord, PoolMemory, ScrubSample } from "../../../model/ec2-mac/types.ts";
import { host, instance, life, now, observed, registered, type Sight } from "./build.ts";
import { hour, minute, policyFor } from "./scenario.ts";

function learned(sight: Sight): PoolMemory {
  return learn(observed(sight), policyFor(3), now);
}

const asked: Partial<LifeRecord> = { askedAt: now - hour, resultAt: now - 30 * minute };
const absent = { runner: { state: "absent" } } as const;
const lifeCases: { name: string; sight: Sight; life: LifeRecord; expect: string }[] = [
  {
    name: "an order without an answer was filled when an instance turned up",
    sight: { instances: [instance(1, { launchedAt: now - hour, ...absent })] },
    life: life({ hostId: "h-1", result: "asked", ...asked }),
    expect: "running",
  },
  {
    name: "an older instance has nothing to do with it",
    sight: { instances: [instance(1, { launchedAt: now - 9 * hour, state: "terminated" })] },
    life: life({ hostId: "h-1", result: "asked", ...asked }),
    expect: "asked",
  },
  {
    name: "a life whose runner registered came up",
    sight: { instances: [instance(1, { launchedAt: now - hour })] },
    life: life({ hostId: "h-1", result: "running", instanceId: "i-1", ...asked }),
    expect: "ready",
  },
  {
    name: "one that ended before failed",
    sight: { instances: [instance(1, { launchedAt: now - hour, state: "terminated", ...absent })] },
    life: life({ hostId: "h-1", result: "running", instanceId: "i-1", ...asked }),
    expect: "failed",
  },
  {
    name: "so did one that AWS no longer shows",
    sight: { hosts: [host(1)] },
    life: life({ hostId: "h-1", result: "running", instanceId: "i-1", ...asked }),
    expect: "failed",
  },
  {
    name: "AWS may take some minutes to show it",
    sight: { hosts: [host(1)] },
    life: life({ hostId: "h-1", result: "running", instanceId: "i-1", ...asked, resultAt: now - 5 * minute }),
    expect: "running",
  },
  {
    name: "a replacement came up when its task succeeded and a runner registered after it",
    sight: {
      instances: [instance(1, { launchedAt: now - 30 * hour })],
      tasks: [
        { taskId: "t-1", instanceId: "i-1", state: "succeeded", startedAt: now - hour, completedAt: now - 50 * minute },
      ],
    },
    life: life({ kind: "replacement", hostId: "h-1", result: "running", instanceId: "i-1", ...asked }),
    expect: "ready",
  },
  {
    name: "one whose task failed failed",
    sight: {
      instances: [instance(1, { launchedAt: now - 30 * hour, ...absent })],
      tasks: [{ taskId: "t-1", instanceId: "i-1", state: "failed-detached", startedAt: now - hour }],
    },
    life: life({ kind: "replacement", hostId: "h-1", result: "asked", instanceId: "i-1", ...asked }),
    expect: "failed",
  },
];

for (const { name, sight, life: known, expect } of lifeCases)
  test(`learned: ${name}`, () => {
    const { lives } = learned({ ...sight, memory: { lives: [known] } });
    equal(lives[0]?.result, expect);
  });

test("a scrub is learned from pending to available, with its host, zone and type", () => {
  const hostStates = { "h-1": { state: "pending", since: now - 2 * hour } };
  const { scrubs } = learned({ hosts: [host(1)], memory: { hostStates } });
  deepEqual(scrubs, [{ zone: "us-east-1a", instanceType: "mac2.metal", seconds: 2 * hour, at: now }]);
});

test("the name of a host that is being given back is free", () => {
  const tags = { ...host(1).tags, [leavingTag]: String(now) };
  const hostIds = { "MacM1-1": "h-1", "MacM1-2": "h-2" };
  deepEqual(learned({ hosts: [host(1, { tags }), host(2)], memory: { hostIds } }).hostIds, { "MacM1-2": "h-2" });
});

test("since when a host is on its way out counts from when it was first seen to be, whatever for", () => {
  const leaving = host(2, { tags: { ...host(2).tags, [leavingTag]: String(now) } });
  const hosts = [host(1), leaving, host(3, { state: "permanent-failure" }), host(3, { hostId: "h-7" }), host(9)];
  const memory = {
    removals: { "h-1": now - hour, "h-9": now - hour },
    hostIds: { "MacM1-1": "h-1", "MacM1-3": "h-5" },
  };
  const { removals } = learned({ hosts, memory });
  deepEqual(removals, { "h-2": now, "h-3": now, "h-7": now, "h-9": now - hour });
});

test("a drain is forgotten when the life that it belonged to is over", () => {
  const drain = { since: now - 10 * hour, answered: true, way: "terminate", why: "old" } as const;
  const memory = { drains: { "i-1": drain, "i-2": { ...drain, since: now - hour }, "i-3": drain } };
  deepEqual(Object.keys(learned({ instances: [instance(1), instance(2)], memory }).drains), ["i-2"]);
});

const settingUp = (minutesAgo: number) =>
  ({ setUp: { state: "running", startedAt: now - minutesAgo * minute } }) as const;
const setUpCases: { name: string; startedAgo: number; memory: Partial<PoolMemory>; expect: number }[] = [
  { name: "from its tag", startedAgo: 5, memory: { lookedAt: now - 10 * minute }, expect: 5 },
  {
    name: "from before, while it is looked at",
    startedAgo: 35,
    memory: { lookedAt: now - minute, setUpSeenAt: { "i-1": now - 35 * minute } },
    expect: 35,
  },
  {
    name: "anew, where the CI system hid for long whether it was done",
    startedAgo: 50,
    memory: { lookedAt: now - minute },
    expect: 0,
  },
  { name: "anew, where nobody looked for long", startedAgo: 5, memory: { lookedAt: now - 4 * hour }, expect: 0 },
  {
    name: "anew, though it was seen before",
    startedAgo: 250,
    memory: { lookedAt: now - 4 * hour, setUpSeenAt: { "i-1": now - 250 * minute } },
    expect: 0,
  },
];
for (const { name, startedAgo, memory, expect } of setUpCases)
  test(`a set-up's time counts ${name}`, () => {
    const { setUpSeenAt, lookedAt } = learned({
      instances: [instance(1, { ...absent, ...settingUp(startedAgo) })],
      memory,
    });
    deepEqual([setUpSeenAt, lookedAt], [{ "i-1": now - expect * minute }, now]);
  });

test("a runner that was absent long ago and is absent again has not been absent all the time", () => {
  const absentSince = { "i-1": now - 4 * hour };
  const sight = { instances: [instance(1, absent)] };
  deepEqual(learned({ ...sight, memory: { absentSince, lookedAt: now - 4 * hour } }).absentSince, { "i-1": now });
  deepEqual(learned({ ...sight, memory: { absentSince, lookedAt: now - minute } }).absentSince, absentSince);
});

test("a runner that has been ready in this life stays so while it is absent, unseen or told to take no more", () => {
  const since = now - hour;
  const instances = [instance(1), instance(2, absent), instance(3, { runner: { state: "unknown", why: "503" } })];
  instances.push(instance(4, { runner: registered({ accepting: false }) }));
  const readyAt = Object.fromEntries([1, 2, 3, 4].map((n) => [`i-${n}`, since]));
  deepEqual(learned({ instances, memory: { readyAt } }).readyAt, readyAt);
});

test("a new life has to become ready itself", () => {
  const instances = [instance(1), instance(2), instance(3, absent), instance(4, { state: "terminated", ...absent })];
  const readyAt = { "i-1": now - 6 * hour, "i-4": now - hour };
  deepEqual(learned({ instances, memory: { readyAt } }).readyAt, { "i-1": now, "i-2": now });
});

test("absence counts from when it was first seen, and ends with the runner's return", () => {
  const sight = { instances: [instance(1, absent), instance(2, absent), instance(3)] };
  const { absentSince } = learned({ ...sight, memory: { absentSince: { "i-1": now - hour, "i-3": now - hour } } });
  deepEqual(absentSince, { "i-1": now - hour, "i-2": now });
});

test("a CI system that could not be asked changes nothing about an absence", () => {
  const unknown = instance(1, { runner: { state: "unknown", why: "503" } });
  deepEqual(learned({ instances: [unknown], memory: { absentSince: { "i-1": now - hour } } }).absentSince, {
    "i-1": now - hour,
  });
  deepEqual(learned({ instances: [unknown] }).absentSince, {});
});

test("learning twice from the same look changes nothing", () => {
  const sight = { instances: [instance(1), instance(2, absent)], hosts: [host(3, { state: "pending" })] };
  const once = learned(sight);
  deepEqual(learned({ ...sight, memory: once }), once);
});

const place = { zone: "us-east-1a", instanceType: "mac2.metal" };
const samples = (hours: readonly number[]): ScrubSample[] =>
  hours.map((each) => ({ ...place, seconds: each * hour, at: now }));

const percentiles: { name: string; hours: number[]; share: number; expect: number; type?: string }[] = [
  { name: "with nothing measured, the longest that AWS names", hours: [], share: 0.95, expect: 4.5 },
  { name: "and the shortest that fleets saw", hours: [], share: 0, expect: 1.5 },
  { name: "Intel Macs scrub faster", hours: [], share: 0.5, expect: 5 / 6, type: "mac1.metal" },
  { name: "a few measurements do not outweigh the longest known", hours: [2, 2, 2], share: 0.95, expect: 4.5 },
  { name: "many do", hours: Array.from({ length: 30 }, () => 1.8), share: 0.95, expect: 2 },
];
for (const { name, hours, share, expect, type = "mac2.metal" } of percentiles)
  test(`scrub times: ${name}`, () =>
    equal(scrubPercentile(learnedScrubs(samples(hours)), { ...place, instanceType: type }, share), expect * hour));

test("scrub times: zones are told apart", () => {
  const times = learnedScrubs(samples(Array.from({ length: 50 }, () => 4.4)));
  equal(scrubPercentile(times, place, 0.5), 4.4 * hour);
  equal(scrubPercentile(times, { ...place, zone: "us-east-1b" }, 0.5), 2 * hour);
});
