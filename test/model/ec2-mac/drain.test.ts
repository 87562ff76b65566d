import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { emptyMemory, intend, record } from "../../../model/ec2-mac/memory.ts";
import { softLifeTag } from "../../../model/ec2-mac/policy.ts";
import type {
  Drain,
  Outcome,
  PoolMemory,
  ReplaceRootVolumeAction,
  RunnerSighting,
} from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, life, now, reasonOf, registered } from "./build.ts";
import { hour, minute } from "./scenario.ts";

const told = now - 10 * minute;
const drained: Drain = { since: told, toldAt: told, answered: true, way: "replace-root-volume", why: "24 h old" };
const refused: Drain = { ...drained, answered: false };
const idle = registered({ accepting: false });
const busy = registered({ accepting: false, busy: true });
const unseen: RunnerSighting = { state: "unknown", why: "503" };

const cases: { name: string; runner: RunnerSighting; drain?: Drain; expect: string[] }[] = [
  { name: "a drained runner with a job is waited for", runner: busy, drain: drained, expect: ["wait MacM1-1"] },
  { name: "one without is renewed", runner: idle, drain: drained, expect: ["replace-root-volume MacM1-1"] },
  {
    name: "or ended, if that was the way",
    runner: idle,
    drain: { ...drained, way: "terminate" },
    expect: ["terminate MacM1-1"],
  },
  {
    name: "one that has signed off is idle",
    runner: { state: "absent" },
    drain: drained,
    expect: ["replace-root-volume MacM1-1"],
  },
  { name: "one that nobody could look at is waited for", runner: unseen, drain: drained, expect: ["wait MacM1-1"] },
  {
    name: "after two hours of grace it goes, whatever still runs",
    runner: busy,
    drain: { ...drained, toldAt: now - 2 * hour },
    expect: ["replace-root-volume MacM1-1"],
  },
  {
    name: "one that still takes jobs is told again",
    runner: registered({ busy: true }),
    drain: drained,
    expect: ["drain MacM1-1"],
  },
  {
    name: "one whose CI system refuses while its job runs is told again",
    runner: registered({ busy: true }),
    drain: refused,
    expect: ["drain MacM1-1"],
  },
  {
    name: "and goes when its grace is over, whatever still runs",
    runner: registered({ busy: true }),
    drain: { ...refused, since: now - 3 * hour, toldAt: now - 2 * hour },
    expect: ["replace-root-volume MacM1-1"],
  },
  {
    name: "one that may never have been told has no grace yet: it is told again",
    runner: unseen,
    drain: { ...refused, since: now - 3 * hour, toldAt: undefined },
    expect: ["drain MacM1-1"],
  },
  {
    name: "one that takes no jobs, and nobody remembers why, is drained for good",
    runner: busy,
    expect: ["drain MacM1-1"],
  },
  {
    name: "a drain of an earlier life means nothing",
    runner: registered(),
    drain: { ...drained, since: now - 6 * hour },
    expect: [],
  },
];

for (const { name, runner, drain, expect } of cases)
  test(name, () => {
    const memory = drain ? { drains: { "i-1": drain } } : {};
    deepEqual(kinds(decided({ instances: [instance(1, { runner })], memory }, { floor: 0, promisedReady: 0 })), expect);
  });

test("a replacement gives a new soft life and runs the pool's image", () => {
  const sight = { instances: [instance(1, { runner: idle })], memory: { drains: { "i-1": drained } } };
  const action = decided(sight, { imageId: "ami-2" })[0] as ReplaceRootVolumeAction;
  equal(action.imageId, "ami-2");
  equal(Number(action.tags[softLifeTag]) >= 20 * hour, true);
  equal(action.reason, "24 h old; drained, and no job runs");
});

test("a replacement without an answer is ordered again with the same token", () => {
  const asked = life({ hostId: "h-1", kind: "replacement", instanceId: "i-1", result: "asked", askedAt: now - minute });
  const memory = { drains: { "i-1": drained }, lives: [asked] };
  const action = decided({ instances: [instance(1, { runner: idle })], memory })[0] as ReplaceRootVolumeAction;
  equal(action.clientToken, asked.clientToken);
});

test("one that has been ordered and is not shown yet is waited for", () => {
  const asked = life({
    hostId: "h-1",
    kind: "replacement",
    instanceId: "i-1",
    result: "running",
    askedAt: now - minute,
  });
  const memory = { drains: { "i-1": drained }, lives: [asked] };
  match(reasonOf(decided({ instances: [instance(1, { runner: idle })], memory }), "wait"), /not shown yet/);
});

test("a replacement that EC2 refuses is ordered once more, and then the Mac has a full scrub", () => {
  const refusal: Outcome = { result: "failed", text: "InvalidParameterValue: the AMI's root volume is smaller" };
  let memory: PoolMemory = { ...emptyMemory, since: now - 24 * hour, drains: { "i-1": drained } };
  const told = [0, 1, 2].map((look) => {
    const at = now + look * 10 * minute;
    const action = decided({ instances: [instance(1, { runner: idle })], memory }, {}, at)[0];
    if (!action) return "nothing";
    memory = record(intend(memory, action, at), action, refusal, at);
    return `${action.kind}: ${action.reason}`;
  });
  deepEqual(told, [
    "replace-root-volume: 24 h old; drained, and no job runs",
    "replace-root-volume: 24 h old; drained, and no job runs",
    "terminate: 24 h old; drained, and no job runs; a new root volume has been refused 2 times",
  ]);
  const results = memory.lives.map(({ result }) => result);
  deepEqual(results, ["refused", "refused"], "which is no failed life of the image");
});

test("refusals of an earlier life do not count", () => {
  const earlier = life({
    hostId: "h-1",
    kind: "replacement",
    instanceId: "i-1",
    result: "refused",
    askedAt: now - 6 * hour,
  });
  const memory = { drains: { "i-1": drained }, lives: [earlier, { ...earlier, clientToken: "life-2" }] };
  deepEqual(kinds(decided({ instances: [instance(1, { runner: idle })], memory })), ["replace-root-volume MacM1-1"]);
});

test("refusals count on the host too to which AWS has moved the Mac", () => {
  const asked = { kind: "replacement", instanceId: "i-1", result: "refused", askedAt: now - hour } as const;
  const lives = [life({ ...asked, hostId: "h-lost" }), life({ ...asked, hostId: "h-lost", clientToken: "life-2" })];
  const memory = { drains: { "i-1": drained }, lives };
  deepEqual(kinds(decided({ instances: [instance(1, { runner: idle })], memory })), ["terminate MacM1-1"]);
});

test("a host that is no longer declared gets no further life", () => {
  const sight = {
    hosts: [host(9, { instanceIds: ["i-9"], hasRoom: false })],
    instances: [instance(9, { runner: idle })],
    memory: { drains: { "i-9": drained } },
  };
  deepEqual(kinds(decided(sight, { hosts: [] })), ["terminate MacM1-9"]);
});

/** What the next look finds of a drain that was ordered now and answered so. */
function orderedAgain(memory: PoolMemory, at: number, outcome: Outcome): PoolMemory {
  const seen = { instances: [instance(1, { runner: registered({ busy: true }) })], memory };
  const action = decided(seen, { floor: 0, promisedReady: 0 }, at)[0];
  return action ? record(intend(memory, action, at), action, outcome, at) : memory;
}

test("a runner that refuses at each look keeps the grace that it had from the first", () => {
  const refusal: Outcome = { result: "failed", text: "422: the runner is busy" };
  let memory: PoolMemory = {
    ...emptyMemory,
    since: now - 24 * hour,
    drains: { "i-1": { ...drained, toldAt: undefined, answered: false } },
  };
  for (let at = now; at < now + 2 * hour; at += 10 * minute) memory = orderedAgain(memory, at, refusal);
  deepEqual(memory.drains["i-1"], { ...drained, toldAt: now, answered: false });
  const seen = { instances: [instance(1, { runner: registered({ busy: true }) })], memory };
  match(reasonOf(decided(seen, {}, now + 2 * hour), "replace-root-volume"), /whatever still runs/);
});

test("an order whose answer got lost was perhaps never heard, so no grace begins", () => {
  const memory = orderedAgain({ ...emptyMemory, drains: { "i-1": { ...refused, toldAt: undefined } } }, now, {
    result: "unknown",
    text: "socket hang up",
  });
  equal(memory.drains["i-1"]?.toldAt, undefined);
});

test("one that was confirmed is confirmed", () => {
  const memory = orderedAgain({ ...emptyMemory, drains: { "i-1": refused } }, now, { result: "done" });
  deepEqual(memory.drains["i-1"], drained);
});
