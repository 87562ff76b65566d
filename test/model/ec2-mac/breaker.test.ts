import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../model/ec2-mac/decide.ts";
import { imagePause } from "../../../model/ec2-mac/image-breaker.ts";
import { learn } from "../../../model/ec2-mac/learn.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import type { LifeResult, PoolMemory, SeenHost, TagHostAction } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, life, now, observed } from "./build.ts";
import { hour, minute, policyFor } from "./scenario.ts";

/** Lives one after another, the last one known to have failed `ago` seconds ago. Hosts are given by number. */
function lives(results: readonly (readonly [number, LifeResult])[], ago = 10 * minute) {
  return results.map(([n, result], index) => {
    const resultAt = now - ago - (results.length - 1 - index) * hour;
    return life({ hostId: `h-${n}`, result, askedAt: resultAt - 20 * minute, resultAt });
  });
}

const pauses: { name: string; lives: ReturnType<typeof lives>; hosts?: number; expect: string | undefined }[] = [
  {
    name: "two failures are no pattern",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
    ]),
    expect: undefined,
  },
  {
    name: "three in a row stop the image for half an hour",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
    ]),
    expect: "20 min",
  },
  {
    name: "a fourth for an hour",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
      [1, "failed"],
    ]),
    expect: "50 min",
  },
  {
    name: "never longer than four hours",
    lives: lives(Array.from({ length: 12 }, (_, index) => [(index % 3) + 1, "failed"] as const)),
    expect: "230 min",
  },
  {
    name: "after the pause one is tried",
    lives: lives(
      [
        [1, "failed"],
        [2, "failed"],
        [3, "failed"],
      ],
      31 * minute,
    ),
    expect: undefined,
  },
  {
    name: "while it is being tried no other goes",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
      [1, "running"],
    ]),
    expect: "10 min",
  },
  {
    name: "one that comes up closes it",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
      [1, "ready"],
    ]),
    expect: undefined,
  },
  {
    name: "an order that found no room says nothing about the image",
    lives: lives([
      [1, "failed"],
      [2, "failed"],
      [3, "refused"],
    ]),
    expect: undefined,
  },
  {
    name: "failures on one host of several are the host's",
    lives: lives([
      [1, "failed"],
      [1, "failed"],
      [1, "failed"],
    ]),
    expect: undefined,
  },
  {
    name: "with a single host there is nobody else to blame",
    lives: lives([
      [1, "failed"],
      [1, "failed"],
      [1, "failed"],
    ]),
    hosts: 1,
    expect: "20 min",
  },
];

for (const { name, lives: known, hosts = 3, expect } of pauses)
  test(`breaker: ${name}`, () => {
    const pause = imagePause({ ...emptyMemory, lives: known }, "ami-1", policyFor(hosts), now);
    equal(pause && `${Math.round((pause.until - now) / minute)} min`, expect);
  });

test("breaker: it holds launches, and lets one go as a trial after its pause", () => {
  const hosts = [host(1), host(2), host(3)];
  const failed = (ago: number) => ({
    lives: lives(
      [
        [1, "failed"],
        [2, "failed"],
        [3, "failed"],
      ],
      ago,
    ),
  });
  deepEqual(kinds(decided({ hosts, memory: failed(10 * minute) })), ["wait MacM1-1", "wait MacM1-2", "wait MacM1-3"]);
  const later = decided({ hosts, memory: failed(3 * hour), forceStart: true });
  deepEqual(
    later.map(({ kind }) => kind),
    ["launch", "wait", "wait"],
    "even when a person forces a start",
  );
});

test("a host on which one life after another fails is taken out for a time, and the others go on", () => {
  const memory = {
    lives: lives([
      [2, "ready"],
      [1, "failed"],
      [1, "failed"],
      [1, "failed"],
    ]),
  };
  const actions = decided({ hosts: [host(1)], instances: [instance(2)], memory });
  deepEqual(kinds(actions), ["quarantine MacM1-1"]);
  deepEqual((actions[0] as TagHostAction).tags, { PWPoolReady: "quarantined until 2026-01-10T12:20:00Z" });
});

const quarantined = (until: string) =>
  host(1, { tags: { ...host(1).tags, PWPoolReady: `quarantined until ${until}` } });

test("a host in quarantine waits, and comes back by itself", () => {
  const inside = decided({ hosts: [quarantined("2026-01-10T12:20:00Z")] });
  deepEqual(kinds(inside), ["wait MacM1-1"]);
  match(inside[0]?.reason ?? "", /in quarantine until 2026-01-10 12:20 UTC/);
  const after = decided({ hosts: [quarantined("2026-01-10T11:59:00Z")] });
  deepEqual((after[0] as TagHostAction).tags, { PWPoolReady: "true" });
});

test("a person who ends a quarantine has ended it; only what fails from then on counts", () => {
  const failed = lives([
    [1, "failed"],
    [1, "failed"],
    [1, "failed"],
  ]);
  const policy = policyFor(2, { staggerSeconds: minute });
  const look = (tags: SeenHost["tags"], memory: PoolMemory, at: number) => {
    const seen = {
      ...observed({ hosts: [host(1, { tags: { ...host(1).tags, ...tags } })], instances: [instance(2)] }),
      memory,
    };
    const after = learn(seen, policy, at);
    return {
      after,
      done: kinds(
        decide({ ...seen, memory: after }, policy, at).actions.filter(({ hostName }) => hostName === "MacM1-1"),
      ),
    };
  };
  const begun = {
    ...emptyMemory,
    since: now - 24 * hour,
    hostIds: { "MacM1-1": "h-1", "MacM1-2": "h-2" },
    lives: failed,
  };
  const imposed = look({}, begun, now);
  deepEqual(imposed.done, ["quarantine MacM1-1"]);
  const seen = look({ PWPoolReady: "quarantined until 2026-01-10T12:20:00Z" }, imposed.after, now + 2 * minute);
  deepEqual(seen.done, ["wait MacM1-1"]);
  const disabled = look({ PWPoolReady: "false" }, seen.after, now + 3 * minute);
  const enabled = look({}, disabled.after, now + 4 * minute);
  deepEqual(enabled.done, ["launch MacM1-1"]);
  deepEqual(look({}, enabled.after, now + 6 * minute).done, ["launch MacM1-1"], "at the next look too");
  const again = [5, 10, 20].map((after) => {
    const at = now + after * minute;
    return life({ hostId: "h-1", result: "failed", askedAt: at, resultAt: at });
  });
  const failing = look({}, { ...enabled.after, lives: [...failed, ...again] }, now + 30 * minute);
  deepEqual(failing.done, ["quarantine MacM1-1"]);
});

test("a quarantine that ended by itself leaves its failures counted, so the next one is longer", () => {
  const tags = { ...host(1).tags, PWPoolReady: "quarantined until 2026-01-10T11:59:00Z" };
  const seen = observed({ hosts: [host(1, { tags })] });
  const after = learn(seen, policyFor(1), now);
  equal(
    learn({ ...observed({ hosts: [host(1)] }), memory: after }, policyFor(1), now + minute).quarantines["h-1"]
      ?.liftedAt,
    undefined,
  );
});

test("a quarantine does not keep a removed host from being released", () => {
  deepEqual(kinds(decided({ hosts: [quarantined("2026-01-10T12:20:00Z")] }, { hosts: [] })), ["release MacM1-1"]);
});
