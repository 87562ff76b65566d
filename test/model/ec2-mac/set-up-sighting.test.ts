import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../model/ec2-mac/decide.ts";
import { learn } from "../../../model/ec2-mac/learn.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { setUpAtTag } from "../../../model/ec2-mac/policy.ts";
import { setUpSighting } from "../../../model/ec2-mac/set-up-sighting.ts";
import type { Instant, PoolMemory, RunnerSighting, SeenInstance, SetUpSighting } from "../../../model/ec2-mac/types.ts";
import { instance, kinds, now, observed, registered } from "./build.ts";
import { hour, minute, policyFor } from "./scenario.ts";

const absent: RunnerSighting = { state: "absent" };
const unseen: RunnerSighting = { state: "unknown", why: "no route" };
const bornAt = now - 5 * hour;
const asked = { [setUpAtTag]: String(bornAt + 12 * minute) };
const before = { [setUpAtTag]: String(bornAt - 1) };
const old = { since: now - 24 * hour, readyAt: {} };
const wasReady = { ...old, readyAt: { "i-1": bornAt + hour } };
const running = { state: "running", startedAt: bornAt + 12 * minute } as const;

type Case = [string, Partial<SeenInstance>, Pick<PoolMemory, "since" | "readyAt">, SetUpSighting];
const cases: Case[] = [
  ["a registered runner proves it done", { checks: "unknown", runner: registered() }, old, { state: "done" }],
  ["a runner that was there once too", { runner: absent, tags: asked }, wasReady, { state: "done" }],
  ["also where nobody can look now", { runner: unseen, tags: asked }, wasReady, { state: "done" }],
  ["one of the life before proves nothing", { runner: absent, tags: asked }, ready(bornAt - 1), running],
  ["macOS boots", { checks: "initializing", runner: absent }, old, { state: "none" }],
  ["macOS does not pass its checks", { checks: "impaired", runner: absent, tags: asked }, old, { state: "none" }],
  ["macOS is up and has no credential yet", { runner: absent }, old, { state: "none" }],
  ["its credential was for the life before", { runner: absent, tags: before }, old, { state: "none" }],
  ["a tag that holds no time is none", { runner: absent, tags: { [setUpAtTag]: "soon" } }, old, { state: "none" }],
  ["it has its credential and no runner yet", { runner: absent, tags: asked }, old, running],
  ["macOS is up and nobody can look", { runner: unseen }, old, unseen as SetUpSighting],
  [
    "EC2 does not say",
    { checks: "unknown", runner: absent, tags: asked },
    old,
    { state: "unknown", why: "EC2 does not show its checks" },
  ],
  [
    "whoever has never looked does not know for how long it has gone on",
    { runner: absent, tags: asked },
    { readyAt: {} },
    { state: "running" },
  ],
  [
    "nor does whoever began to remember after its beginning",
    { runner: absent, tags: asked },
    { since: now - hour, readyAt: {} },
    { state: "running" },
  ],
];

function ready(at: Instant) {
  return { ...old, readyAt: { "i-1": at } };
}

for (const [name, changes, memory, expected] of cases)
  test(name, () => deepEqual(setUpSighting({ ...instance(1, { tags: {}, ...changes }), bornAt }, memory), expected));

/** What is decided about a Mac over several looks, one every ten minutes, by a controller that has lost its memory. */
function looks(runners: readonly RunnerSighting[], change: Partial<SeenInstance> = {}): string[] {
  let memory: PoolMemory = emptyMemory;
  return runners.flatMap((runner, index) => {
    const at = now + index * 10 * minute;
    const mac = instance(1, { tags: { ...instance(1).tags, ...asked }, runner, ...change });
    const setUp = setUpSighting({ ...mac, bornAt: mac.launchedAt }, memory);
    const seen = { ...observed({ instances: [{ ...mac, setUp }] }), memory };
    memory = learn(seen, policyFor(1), at);
    return kinds(decide({ ...seen, memory }, policyFor(1, { floor: 0, hardLifeSeconds: 72 * hour }), at).actions);
  });
}

test("a runner that is absent between two jobs after the memory was lost is not a set-up that has run for hours", () => {
  deepEqual(looks([registered({ busy: true }), absent]), ["adopt MacM1-1", "adopt MacM1-1", "wait MacM1-1"]);
});

test("nor when it is absent at the first look already", () => {
  deepEqual(looks([absent, registered({ busy: true }), absent]).slice(-1), ["wait MacM1-1"]);
});

test("a runner that was ready longer ago than lives are remembered was ready all the same", () => {
  const memory = { since: now - 90 * hour, readyAt: { "i-1": now - 59 * hour } };
  const mac = { ...instance(1, { runner: absent, tags: asked }), bornAt: now - 60 * hour };
  deepEqual(setUpSighting(mac, memory), { state: "done" });
});
