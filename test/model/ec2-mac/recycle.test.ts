import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { planRecycling } from "../../../model/ec2-mac/plan-recycling.ts";
import { type PoolPolicy, softLifeTag } from "../../../model/ec2-mac/policy.ts";
import type { DrainAction, SeenInstance } from "../../../model/ec2-mac/types.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { decided, instance, kinds, life, now, observed, reasonOf, registered, type Sight } from "./build.ts";
import { day, hour, minute, policyFor } from "./scenario.ts";

/** So many ready runners, from `hours` old on, each half an hour older than the one before. */
function ready(count: number, hours = 1): SeenInstance[] {
  return Array.from({ length: count }, (_, index) =>
    instance(index + 1, { launchedAt: now - hours * hour - index * 30 * minute }),
  );
}

const many = { runner: registered({ jobsFinished: 24 }) };
const old = { launchedAt: now - 23.5 * hour };

const cases: { name: string; sight: Sight; policy?: Partial<PoolPolicy>; expect: string[] }[] = [
  { name: "young runners are let alone", sight: { instances: ready(5) }, expect: [] },
  {
    name: "one whose soft life is nearly over is drained in time",
    sight: { instances: [instance(1, old), ...ready(5).slice(1)] },
    expect: ["drain MacM1-1"],
  },
  {
    name: "a soft life that was drawn shorter counts",
    sight: {
      instances: [
        instance(1, { tags: { ...instance(1).tags, [softLifeTag]: String(5.5 * hour) } }),
        ...ready(5).slice(1),
      ],
    },
    expect: [],
    policy: { floor: 0, promisedReady: 0 },
  },
  {
    name: "never below the floor, however old",
    sight: { instances: [instance(1, old), instance(2, old)] },
    policy: { floor: 2 },
    expect: [],
  },
  {
    name: "of three that are due only as many go as the floor leaves",
    sight: { instances: [1, 2, 3].map((n) => instance(n, { launchedAt: now - (23.5 + n / 10) * hour })) },
    policy: { floor: 1, promisedReady: 1 },
    expect: ["drain MacM1-2", "drain MacM1-3"],
  },
  {
    name: "24 jobs are enough for a life",
    sight: { instances: [instance(1, many), ...ready(5).slice(1)] },
    expect: ["drain MacM1-1"],
  },
  {
    name: "but not while only three are alive",
    sight: { instances: [instance(1, many), ...ready(3).slice(1)] },
    policy: { floor: 0, promisedReady: 0 },
    expect: [],
  },
  {
    name: "jobs that could not be counted are no reason",
    sight: {
      instances: [instance(1, { runner: { state: "registered", busy: false, accepting: true } }), ...ready(5).slice(1)],
    },
    expect: [],
  },
  {
    name: "a new image goes round as the promise allows",
    sight: { instances: ready(5) },
    policy: { imageId: "ami-2", floor: 3, promisedReady: 4 },
    expect: ["drain MacM1-5"],
  },
  {
    name: "no working runner goes for an image whose lives fail",
    sight: {
      instances: ready(5),
      memory: {
        lives: ["h-7", "h-8", "h-9"].map((hostId) =>
          life({ hostId, result: "failed", imageId: "ami-2", askedAt: now - hour, resultAt: now - 10 * minute }),
        ),
      },
    },
    policy: { imageId: "ami-2", floor: 3, promisedReady: 4 },
    expect: [],
  },
];

for (const { name, sight, policy, expect } of cases) test(name, () => deepEqual(kinds(decided(sight, policy)), expect));

test("never so many go for their jobs at once that fewer than three are left", () => {
  const instances = [1, 2, 3, 4].map((n) => instance(n, many));
  equal(decided({ instances }, { floor: 0, promisedReady: 0 }).length, 1);
});

test("between full scrubs a life is renewed by a new root volume", () => {
  const actions = decided({ instances: [instance(1, old), ...ready(5).slice(1)] });
  equal((actions[0] as DrainAction).way, "replace-root-volume");
  match(reasonOf(actions, "drain"), /^23\.5 h old and due at 2026-01-10 12:30 UTC; a new root volume takes minutes$/);
});

test("when another life would outlast the scrub limit, it is renewed by a full scrub", () => {
  const launchedAt = now - 5.9 * day;
  const tasks = [
    {
      taskId: "t-1",
      instanceId: "i-1",
      state: "succeeded",
      startedAt: now - 24 * hour,
      completedAt: now - 23.5 * hour,
    },
  ];
  const actions = decided({ instances: [instance(1, { launchedAt }), ...ready(5).slice(1)], tasks });
  equal((actions[0] as DrainAction).way, "terminate");
  match(reasonOf(actions, "drain"), /the full scrub due at 2026-01-11 14:24 UTC comes before another life ends/);
});

test("a policy may renew by a full scrub each time", () => {
  const actions = decided({ instances: [instance(1, old), ...ready(5).slice(1)] }, { recycleBy: "terminate" });
  equal((actions[0] as DrainAction).way, "terminate");
});

/** When each of so many runners, all launched at once, is to be renewed, in hours from now, in order. */
function plannedHours(count: number, policy: Partial<PoolPolicy>): number[] {
  const instances = Array.from({ length: count }, (_, index) => instance(index + 1, { launchedAt: now - hour }));
  const view = viewOf(observed({ instances }), policyFor(count, policy), now);
  const starts = planRecycling(view);
  return [...starts.values()].sort((a, b) => a - b).map((at) => Math.round(((at - now) / hour) * 10) / 10);
}

test("the planner spreads renewals of runners that are equally old, each as late as it can be", () => {
  deepEqual(plannedHours(3, { floor: 2, promisedReady: 2 }), [20.5, 21.3, 22]);
  deepEqual(plannedHours(4, { floor: 2, promisedReady: 2 }), [21.3, 21.3, 22, 22]);
});

test("full scrubs need more room: the planner begins hours earlier, though never before half a life", () => {
  const hours = plannedHours(4, { floor: 3, promisedReady: 3, recycleBy: "terminate" });
  deepEqual(hours, [11, 11.3, 16.6, 22]);
});

test("with a floor of all of them nothing is planned", () => {
  deepEqual(plannedHours(3, { floor: 3, promisedReady: 3 }), []);
});
