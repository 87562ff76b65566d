import { deepEqual, equal, match, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { emptyMemory, intend, record } from "../../../model/ec2-mac/memory.ts";
import { type PoolPolicy, softLifeTag, staggerSecondsOf } from "../../../model/ec2-mac/policy.ts";
import type { LaunchAction } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, life, now, reasonOf, type Sight } from "./build.ts";
import { hour, mark, minute, policyFor } from "./scenario.ts";

const cases: { name: string; sight: Sight; policy?: Partial<PoolPolicy>; expect: string[] }[] = [
  { name: "a free host gets an instance", sight: { hosts: [host(1)] }, expect: ["launch MacM1-1"] },
  { name: "a host that scrubs is left alone", sight: { hosts: [host(1, { state: "pending" })] }, expect: [] },
  {
    name: "a host whose instance is still ending takes no launch, whatever its state says",
    sight: { hosts: [host(1, { hasRoom: false })] },
    expect: [],
  },
  {
    name: "a host under assessment is left alone",
    sight: { hosts: [host(1, { state: "under-assessment" })] },
    expect: [],
  },
  {
    name: "a host in a state that nobody knows yet is left alone",
    sight: { hosts: [host(1, { state: "configuring" })] },
    expect: [],
  },
  {
    name: "a host with something on it that is not ours is left alone",
    sight: { hosts: [host(1, { instanceIds: ["i-9"], hasRoom: false })] },
    expect: [],
  },
  {
    name: "a host that is not ours is left alone, and so its name needs one of ours",
    sight: { hosts: [host(1, { tags: { Name: "MacM1-1", PWPoolReady: "true" } })] },
    expect: ["allocate MacM1-1"],
  },
  {
    name: "a start by force fills all free hosts",
    sight: { hosts: [host(1), host(2), host(3)], forceStart: true },
    expect: ["launch MacM1-1", "launch MacM1-2", "launch MacM1-3"],
  },
  {
    name: "a launch two hours ago lets the next one go",
    sight: { hosts: [host(1)], instances: [instance(2, { launchedAt: now - 2 * hour })] },
    expect: ["launch MacM1-1"],
  },
  {
    name: "a launch an hour ago does not",
    sight: { hosts: [host(1)], instances: [instance(2, { launchedAt: now - hour })] },
    expect: ["wait MacM1-1"],
  },
  {
    name: "an order that found no room is tried again after a pause, and holds no other host up",
    sight: {
      hosts: [host(1), host(2)],
      memory: { lives: [life({ hostId: "h-1", result: "refused", askedAt: now - minute })] },
    },
    expect: ["launch MacM1-2", "wait MacM1-1"],
  },
  {
    name: "a launch that is not shown yet is waited for, from its last answer on",
    sight: {
      hosts: [host(1)],
      memory: { lives: [life({ hostId: "h-1", result: "running", askedAt: now - hour, resultAt: now - 3 * minute })] },
    },
    expect: ["wait MacM1-1"],
  },
  {
    name: "a controller that has just lost its memory orders nothing until AWS shows what it did before",
    sight: { hosts: [host(1)], memory: { since: now - 3 * minute } },
    expect: ["wait MacM1-1"],
  },
];

for (const { name, sight, policy, expect } of cases) test(name, () => deepEqual(kinds(decided(sight, policy)), expect));

test("of two free hosts one goes now and one waits", () => {
  deepEqual(
    decided({ hosts: [host(1), host(2)] }).map(({ kind }) => kind),
    ["launch", "wait"],
  );
});

test("an order without an answer is given again with the same token, even while launches are spaced", () => {
  const asked = life({ hostId: "h-1", result: "asked", askedAt: now - 2 * minute });
  const [action] = decided({ hosts: [host(1)], memory: { lives: [asked] } });
  equal(action?.kind, "launch");
  equal((action as LaunchAction).clientToken, asked.clientToken);
  match(action?.reason ?? "", /no answer came/);
});

test("and with the same tags, because AWS takes the same token for nothing else", () => {
  const [forced] = decided({ hosts: [host(1), host(2)], forceStart: true });
  const first = forced as LaunchAction;
  const memory = intend({ ...emptyMemory, since: now - hour }, first, now);
  const sight = { hosts: [host(1), host(2)], memory: { lives: memory.lives } };
  const again = decided(sight, {}, now + hour).find(({ hostName }) => hostName === first.hostName);
  deepEqual((again as LaunchAction).tags, first.tags);
  const answered = record(memory, first, { result: "done", instanceId: "i-1" }, now);
  equal(answered.lives[0]?.tags, undefined, "once it is answered nobody needs them");
});

test("an instance carries mark, name, opt-in and its soft life, which is within the spread", () => {
  const lives = Array.from({ length: 50 }, (_, index) => {
    const [action] = decided({ hosts: [host(1)] }, { seed: index });
    const { tags } = action as LaunchAction;
    const { [softLifeTag]: softLife, ...others } = tags;
    deepEqual(others, { ...mark, Name: "MacM1-1", PWPoolReady: "true" });
    return Number(softLife);
  });
  ok(lives.every((seconds) => seconds >= 20 * hour && seconds <= 28 * hour));
  ok(new Set(lives).size > 40, "lives differ");
});

test("hosts come in random order, so that late names do not always wait longest", () => {
  const hosts = [1, 2, 3, 4, 5].map((n) => host(n));
  const first = Array.from({ length: 60 }, (_, seed) => {
    const launched = decided({ hosts }, { seed }).find(({ kind }) => kind === "launch");
    return launched?.hostName;
  });
  deepEqual([...new Set(first)].sort(), ["MacM1-1", "MacM1-2", "MacM1-3", "MacM1-4", "MacM1-5"]);
  notDeepEqual(first, first.toReversed());
});

test("the stagger is two hours, and less in a pool that would not get round within a life", () => {
  equal(staggerSecondsOf(policyFor(1)), 2 * hour);
  equal(staggerSecondsOf(policyFor(6)), 2 * hour);
  equal(staggerSecondsOf(policyFor(200)), (24 * hour) / 400);
});

test("a wait says when and why", () => {
  const waiting = decided({ hosts: [host(1)], instances: [instance(2, { launchedAt: now - hour })] });
  equal(reasonOf(waiting, "wait"), "next launch at 2026-01-10 13:00 UTC: one every 2 h keeps lifetimes apart");
});

test("a start by force gives ever shorter lives: 22, 20, 18 hours; in a large pool by smaller steps", () => {
  const softLives = (count: number) => {
    const hosts = Array.from({ length: count }, (_, index) => host(index + 1));
    const launches = decided({ hosts, forceStart: true }).filter(({ kind }) => kind === "launch");
    return launches.map((action) => Number((action as LaunchAction).tags[softLifeTag]) / hour);
  };
  deepEqual(softLives(3), [22, 20, 18]);
  const large = softLives(100);
  equal(new Set(large.map((hours) => hours.toFixed(3))).size, 100);
  ok(Math.min(...large) >= 4 && Math.max(...large) < 24);
});

test("of many free hosts the one that has waited longest goes first, whatever chance says", () => {
  const hosts = [1, 2, 3, 4, 5, 6].map((n) => host(n));
  const since = (n: number) => ({ state: "available", since: now - (n === 4 ? 9 : 1) * hour });
  const hostStates = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`h-${n}`, since(n)]));
  for (let seed = 1; seed <= 5; seed++) {
    const actions = decided({ hosts, memory: { hostStates } }, { seed });
    deepEqual(
      actions.filter(({ kind }) => kind === "launch").map(({ hostName }) => hostName),
      ["MacM1-4"],
    );
  }
});
