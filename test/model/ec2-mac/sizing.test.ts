import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../model/ec2-mac/decide.ts";
import type { Demand } from "../../../model/ec2-mac/demand.ts";
import type { HourLoad } from "../../../model/ec2-mac/hour-load.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import { decided, host, instance, kinds, life, now, observed, reasonOf, registered, type Sight } from "./build.ts";
import { hour, minute, policyFor } from "./scenario.ts";

const nobody: HourLoad = { seconds: 0, mean: 0, square: 0 };

/** A load that is known to be the same in each hour, `usual`, but for some: hours from now on. */
function demand(usual: number, others: Record<number, number> = {}, load = usual): Demand {
  const hours = Array.from({ length: 168 }, () => hourOf(usual));
  for (const [ahead, mean] of Object.entries(others)) {
    // The same hour of every day, as hours of one kind of day speak for each other.
    for (let slot = (Math.floor(now / hour) + Number(ahead)) % 24; slot < 168; slot += 24) hours[slot] = hourOf(mean);
  }
  return { hours, openHour: Math.floor(now / hour), open: nobody, at: now, load };
}

function hourOf(mean: number): HourLoad {
  return { seconds: hour, mean, square: mean ** 2 };
}

const sizing = { least: 0, most: 9, deviations: 0, answered: 0 };
const follows: Partial<PoolPolicy> = { sizing, floor: 0, promisedReady: 0, hosts: policyFor(4).hosts };
const unpaid = { allocatedAt: now - 5 * hour };
const busy = { runner: registered({ busy: true }) };
const two = [instance(1), instance(2)];
const soon = { 1: 3 };
const night = Object.fromEntries(Array.from({ length: 8 }, (_, ahead) => [ahead, 0]));

const cases: { name: string; sight: Sight; policy?: Partial<PoolPolicy>; expect: string[] }[] = [
  {
    name: "no more hosts are ordered than are wanted",
    sight: { instances: two, memory: { demand: demand(3) } },
    expect: ["allocate MacM1-3"],
  },
  {
    name: "a free host is launched before one is ordered",
    sight: { hosts: [host(4)], instances: two, memory: { demand: demand(3) } },
    expect: ["launch MacM1-4"],
  },
  {
    name: "launches do not wait for the stagger when there is demand",
    sight: {
      hosts: [host(3), host(4)],
      instances: [instance(1, { launchedAt: now - minute })],
      memory: { demand: demand(3) },
    },
    expect: ["launch MacM1-3", "launch MacM1-4"],
  },
  {
    name: "a free host whose lease goes on serves, wanted or not: it is paid for anyway",
    sight: { hosts: [host(3, unpaid)], instances: two, memory: { demand: demand(2) } },
    expect: ["launch MacM1-3"],
  },
  {
    name: "but not when its lease is nearly over",
    sight: { hosts: [host(3, { allocatedAt: now - 23 * hour })], instances: two, memory: { demand: demand(2) } },
    expect: [],
  },
  {
    name: "any free host is launched for jobs that are there, foreseen or not; none is ordered for them",
    sight: { hosts: [host(3)], instances: two, memory: { demand: demand(2, {}, 4) } },
    expect: ["launch MacM1-3"],
  },
  {
    name: "no host is ordered for a peak of two hours, as it is paid for a day",
    sight: { instances: two, memory: { demand: demand(1.5, { 0: 4, 1: 4 }) } },
    expect: [],
  },
  {
    name: "for one of three hours hosts are ordered",
    sight: { instances: two, memory: { demand: demand(1.5, { 0: 4, 1: 4, 2: 4 }) } },
    expect: ["allocate MacM1-3", "allocate MacM1-4"],
  },
  {
    name: "what was needed of late is kept where the policy answers such load",
    sight: { instances: two, memory: { demand: { ...demand(1), recent: 2 } } },
    policy: { ...follows, sizing: { ...sizing, answered: 1 } },
    expect: [],
  },
  {
    name: "one that is paid for is given back, also while it scrubs",
    sight: {
      hosts: [host(3), host(4, { state: "pending", hasRoom: false })],
      instances: two,
      memory: { demand: demand(2) },
    },
    expect: ["release MacM1-3", "release MacM1-4"],
  },
  {
    name: "but not one with a launch that may not be shown yet",
    sight: {
      hosts: [host(3)],
      instances: two,
      memory: {
        demand: demand(2),
        lives: [life({ hostId: "h-3", result: "running", askedAt: now - 2 * minute, resultAt: now - 2 * minute })],
      },
    },
    expect: [],
  },
  {
    name: "an idle runner whose host is paid for ends when fewer are wanted; a busy one never does",
    sight: { instances: [instance(1, busy), instance(2)], memory: { demand: demand(1) } },
    expect: ["drain MacM1-2"],
  },
  {
    name: "what the pool always has stays, idle or empty, and others go before it",
    sight: { hosts: [host(3)], instances: two, memory: { demand: demand(0) } },
    policy: { ...follows, hosts: policyFor(4).hosts.map((each, index) => ({ ...each, standing: index !== 1 })) },
    expect: ["drain MacM1-2"],
  },
  {
    name: "nothing is given back while nobody can tell the load",
    sight: { hosts: [host(3)], instances: two, memory: { demand: { ...demand(0), isUnseen: true } } },
    expect: [],
  },
  {
    name: "all busy, all stay",
    sight: { instances: [instance(1, busy), instance(2, busy)], memory: { demand: demand(0) } },
    expect: [],
  },
  {
    name: "what is wanted again within 90 min is kept",
    sight: { instances: [instance(1), instance(2), instance(3)], memory: { demand: demand(1, soon) } },
    expect: [],
  },
  {
    name: "never below the floor",
    sight: { instances: two, memory: { demand: demand(0) } },
    policy: { ...follows, floor: 2 },
    expect: [],
  },
  {
    name: "never below its least number",
    sight: { instances: two, memory: { demand: demand(0) } },
    policy: { ...follows, sizing: { ...sizing, least: 2 } },
    expect: [],
  },
  {
    name: "an idle one that is not paid for has its full scrub early when nobody misses it meanwhile",
    sight: {
      hosts: [host(2, { ...unpaid, instanceIds: ["i-2"], hasRoom: false })],
      instances: [instance(1, busy), instance(2, { launchedAt: now - 13 * hour })],
      memory: { demand: demand(2, night, 1) },
    },
    expect: ["drain MacM1-2"],
  },
  {
    name: "but not a young one",
    sight: {
      hosts: [host(2, { ...unpaid, instanceIds: ["i-2"], hasRoom: false })],
      instances: [instance(1, busy), instance(2)],
      memory: { demand: demand(2, night, 1) },
    },
    expect: [],
  },
  {
    name: "load that nobody foresaw is answered where the policy says so",
    sight: { instances: [instance(1, busy), instance(2, busy)], memory: { demand: demand(2, {}, 4) } },
    policy: { ...follows, sizing: { ...sizing, answered: 1 } },
    expect: ["allocate MacM1-3", "allocate MacM1-4"],
  },
  {
    name: "an order that is not shown yet counts",
    sight: {
      instances: two,
      memory: {
        demand: demand(3),
        allocations: [
          {
            ...{ clientToken: "host-4", hostName: "MacM1-4", zone: "us-east-1a", instanceType: "mac2.metal" },
            ...{ askedAt: now - 3 * minute, result: "allocated", answeredAt: now - 3 * minute, hostId: "h-4" },
          },
        ],
      },
    },
    expect: [],
  },
  {
    name: "before anything is known the pool is as large as it may be",
    sight: { instances: two },
    expect: ["allocate MacM1-3", "allocate MacM1-4"],
  },
];

for (const { name, sight, policy = follows, expect } of cases)
  test(`following demand: ${name}`, () => {
    const actions = decided(sight, policy);
    deepEqual(kinds(actions.filter(({ kind }) => kind !== "wait")), expect);
  });

test("a pool that follows its demand looks often even when nothing goes on", () => {
  const nextAfter = (changes: Partial<PoolPolicy>) => {
    const sight = observed({ instances: two, memory: { demand: demand(2) } });
    return decide(sight, policyFor(2, changes), now).lookAgainAt - now;
  };
  deepEqual([nextAfter({ ...follows, hosts: policyFor(2).hosts }), nextAfter({})], [2 * minute, 10 * minute]);
});

test("following demand: the reason says so", () => {
  const actions = decided({ instances: two, memory: { demand: demand(1) } }, follows);
  match(reasonOf(actions, "drain"), /its lease is paid and fewer runners are wanted/);
});

test("a pool so large that its stagger is shorter than the time between two looks launches several at a look", () => {
  const free = [1, 2, 3, 4, 5].map((n) => host(n));
  const launched = (hosts: number) => {
    const lives = [life({ hostId: "h-9", result: "running", askedAt: now - 2 * minute })];
    const actions = decided({ hosts: free, memory: { lives } }, { hosts: policyFor(hosts).hosts });
    return actions.filter(({ kind }) => kind === "launch").length;
  };
  // 12 h for 1,000 launches is 43 s apart, so 2 in 2 min; 100 hosts are 7 min apart.
  deepEqual([launched(1000), launched(100)], [2, 0]);
});

const runsOut = { launchedAt: now - 23 * hour };

test("in the last hours of a life the quietest is taken, when the runner is idle", () => {
  const ages = (others: Record<number, number>, changes = {}) =>
    kinds(
      decided(
        {
          instances: [instance(1, { ...runsOut, ...changes }), ...[2, 3, 4].map((n) => instance(n))],
          memory: { demand: demand(4, others) },
        },
        { floor: 0, promisedReady: 3 },
      ),
    );
  const longLife = { tags: { ...instance(1).tags, "mac-runner-fleet:soft-life-seconds": String(28 * hour) } };
  deepEqual(ages({ 0: 1 }, longLife), ["drain MacM1-1"], "quieter now than in any hour that is left");
  deepEqual(ages({ 2: 1 }, longLife), [], "a quieter one comes");
  deepEqual(ages({ 0: 1 }, { ...longLife, ...busy }), [], "it is busy");
  deepEqual(ages({ 0: 1 }, { ...longLife, launchedAt: now - 15 * hour }), [], "it is young");
});

test("once the pool's hours are known a life is as long as its spread allows", () => {
  const actions = decided({ hosts: [host(1)], memory: { demand: demand(1) } });
  const [launch] = actions.filter((action) => action.kind === "launch");
  equal(launch?.tags["mac-runner-fleet:soft-life-seconds"], String(28 * hour));
});
