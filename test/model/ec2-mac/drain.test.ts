import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { softLifeTag } from "../../../model/ec2-mac/policy.ts";
import type { Drain, ReplaceRootVolumeAction, RunnerSighting } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, life, now, reasonOf, registered } from "./build.ts";
import { hour, minute } from "./scenario.ts";

const drained: Drain = { since: now - 10 * minute, answered: true, way: "replace-root-volume", why: "24 h old" };
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
    drain: { ...drained, since: now - 2 * hour },
    expect: ["replace-root-volume MacM1-1"],
  },
  {
    name: "one that still takes jobs is told again, however long ago it was told first",
    runner: registered({ busy: true }),
    drain: { ...drained, since: now - 3 * hour },
    expect: ["drain MacM1-1"],
  },
  {
    name: "one that was told without an answer is told again, even when nobody can look at it",
    runner: unseen,
    drain: { ...drained, since: now - 3 * hour, answered: false },
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

test("a host that is no longer declared gets no further life", () => {
  const sight = {
    hosts: [host(9, { instanceIds: ["i-9"], hasRoom: false })],
    instances: [instance(9, { runner: idle })],
    memory: { drains: { "i-9": drained } },
  };
  deepEqual(kinds(decided(sight, { hosts: [] })), ["terminate MacM1-9"]);
});
