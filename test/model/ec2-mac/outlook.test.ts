import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { outlook } from "../../../model/ec2-mac/outlook.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import { holdTag } from "../../../model/ec2-mac/ready-tag.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { host, instance, life, now, observed, registered, type Sight } from "./build.ts";
import { foretold } from "./foretold.ts";
import { day, drawScenario, hour, minute, noFaults, policyFor } from "./scenario.ts";

function outlookOf(sight: Sight, hosts: number, changes: Partial<PoolPolicy> = {}) {
  return outlook(viewOf(observed(sight), policyFor(hosts, { floor: 0, promisedReady: hosts, ...changes }), now));
}

const absent = { state: "absent" } as const;
const pending = { state: "pending", hasRoom: false };

/** When the only host of a pool is expected to have a ready runner, in hours from now. */
const returns: { name: string; sight: Sight; hours: number; why: string }[] = [
  { name: "a free host", sight: { hosts: [host(1)] }, hours: 35 / 60, why: "it waits for its launch" },
  {
    name: "a free host within the stagger",
    sight: {
      hosts: [host(1)],
      memory: { lives: [life({ hostId: "h-9", result: "ready", askedAt: now - hour })] },
    },
    hours: 1 + 35 / 60,
    why: "it waits for its launch",
  },
  {
    name: "a host that has been scrubbed for an hour, of 4.5",
    sight: {
      hosts: [host(1, pending)],
      memory: { hostStates: { "h-1": { state: "pending", since: now - hour } } },
    },
    hours: 3.5 + 35 / 60,
    why: "its host is scrubbed",
  },
  {
    name: "a host whose scrub lasts too long still has to boot and to be set up",
    sight: {
      hosts: [host(1, pending)],
      memory: { hostStates: { "h-1": { state: "pending", since: now - 6 * hour } } },
    },
    hours: 35 / 60,
    why: "its host is scrubbed",
  },
  {
    name: "an instance that has booted for ten minutes",
    sight: {
      instances: [
        instance(1, {
          launchedAt: now - 10 * minute,
          checks: "initializing",
          setUp: { state: "none" },
          runner: absent,
        }),
      ],
    },
    hours: 25 / 60,
    why: "it starts",
  },
  {
    name: "an instance whose runner nobody could look at",
    sight: { instances: [instance(1, { runner: { state: "unknown", why: "503" } })] },
    hours: 15 / 60,
    why: "nobody could look at its runner",
  },
  {
    name: "a Mac that is out of service",
    sight: { instances: [instance(1, { tags: { ...instance(1).tags, PWPoolReady: "false" } })] },
    hours: Number.POSITIVE_INFINITY,
    why: "somebody has taken it out of service",
  },
  {
    name: "a Mac that is held by hand",
    sight: { instances: [instance(1, { tags: { ...instance(1).tags, ...holdTag(now + hour) } })] },
    hours: 1.25,
    why: "it is held by hand",
  },
  {
    name: "a free host that is held by hand",
    sight: { hosts: [host(1, { tags: { ...host(1).tags, ...holdTag(now + hour) } })] },
    hours: 1 + 35 / 60,
    why: "it is held by hand",
  },
  {
    name: "a host that AWS assesses",
    sight: { hosts: [host(1, { state: "under-assessment" })] },
    hours: Number.POSITIVE_INFINITY,
    why: "AWS assesses its hardware",
  },
  { name: "a name without a host", sight: {}, hours: Number.POSITIVE_INFINITY, why: "it has no host" },
];

for (const { name, sight, hours, why } of returns)
  test(`when it is ready again: ${name}`, () => {
    const { short } = outlookOf(sight, 1, { staggerSeconds: 2 * hour });
    deepEqual(short, { from: now, out: [{ host: "MacM1-1", from: now, until: now + hours * hour, why }] });
  });

test("free hosts wait for their turns", () => {
  const hosts = [1, 2, 3].map((n) => host(n));
  const { readyByHour } = outlookOf({ hosts }, 3);
  deepEqual(readyByHour.slice(0, 6), [0, 1, 1, 2, 2, 3], "one every two hours");
});

test("a drained runner's last job is given time", () => {
  const drain = { since: now, toldAt: now, answered: true, way: "replace-root-volume", why: "old" } as const;
  const busy = instance(1, { runner: registered({ busy: true, accepting: false }) });
  const { short } = outlookOf({ instances: [busy], memory: { drains: { "i-1": drain } } }, 1);
  equal(short?.out[0]?.until, now + hour + 45 * minute);
});

test("a life is renewed in the way that is right by then", () => {
  const old = instance(1, { launchedAt: now - 5.5 * day });
  const tasks = [
    { taskId: "t", instanceId: "i-1", state: "succeeded", startedAt: now - 5 * hour, completedAt: now - 4 * hour },
  ];
  const { short } = outlookOf({ instances: [old, instance(2, { launchedAt: now - hour })], tasks }, 2);
  deepEqual(
    short?.out.map(({ why }) => why),
    ["it is renewed by a full scrub"],
    "now, a new root volume would do",
  );
});

test("a second renewal within the day is foreseen", () => {
  const setUp = instance(1, { launchedAt: now - 4 * hour, runner: absent, setUp: { state: "running" } });
  const { readyByHour } = outlookOf({ instances: [setUp] }, 1);
  deepEqual([readyByHour[0], readyByHour[5], readyByHour[19]], [0, 1, 0]);
});

test("a pool that follows its demand promises what it wants of the hosts that it has", () => {
  const nothing = { seconds: hour, mean: 0, square: 0 };
  const openHour = Math.floor(now / hour);
  const demand = { hours: Array(168).fill(nothing), openHour, open: nothing, at: now, load: 0 };
  const sizing = { least: 1, most: 6, deviations: 0, answered: 1 };
  const instances = [1, 2, 3].map((n) => instance(n));
  const calm = outlookOf({ instances, memory: { demand } }, 6, { sizing });
  deepEqual([calm.promisedByHour[0], calm.readyByHour[0]], [1, 1], "what it may give back is not counted on");
  const unknown = outlookOf({ instances }, 6, { sizing });
  deepEqual([unknown.promisedByHour[0], unknown.readyByHour[0]], [3, 3], "what it has not ordered is not missing");
});

const calm = [
  { hosts: 5, floor: 4, recycleBy: "replace-root-volume", perJob: true },
  { hosts: 10, floor: 8, recycleBy: "replace-root-volume", perJob: false },
  { hosts: 5, floor: 3, recycleBy: "terminate", perJob: false },
] as const;
for (const { hosts, floor, recycleBy, perJob } of calm)
  test(`with nothing going wrong, ${hosts} hosts that are renewed by ${recycleBy} are as many as was foretold`, () => {
    const policy = policyFor(hosts, { floor, promisedReady: floor, recycleBy });
    const settingsEvery = Number.POSITIVE_INFINITY;
    const days = foretold({
      ...drawScenario(3, hosts, 30),
      policy,
      faults: noFaults,
      settingsEvery,
      perJob,
      load: 0.4,
    });
    const kept = days.filter(({ fewest, seen }) => seen >= fewest).length / days.length;
    const missed = days.reduce((sum, { fewest, seen }) => sum + Math.max(0, seen - fewest), 0) / days.length;
    ok(kept >= 0.95, `in ${kept} of ${days.length} days, looked at each hour`);
    ok(missed < 0.5, `${missed} runners more than foretold: an outlook that is too dark is of no use either`);
  });
