import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  type Lease,
  type LeaseAnswer,
  LeaseLost,
  leaseSeconds,
  type PoolStore,
  type TimelineEntry,
} from "../../../controllers/pool/store.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import type { PoolMemory } from "../../../model/ec2-mac/types.ts";

let now: number;
/** Two controllers. */
let one: PoolStore;
let other: PoolStore;

function leaseOf(answer: LeaseAnswer): Lease {
  ok("lease" in answer, "the pool is held");
  return answer.lease;
}

function entry(change: Partial<TimelineEntry> = {}): TimelineEntry {
  const at = change.at ?? now;
  return { id: `${at}/launch/h-1`, at, hostName: "mac-1", kind: "launch", reason: "its host is free", ...change };
}

const memory: PoolMemory = {
  ...emptyMemory,
  since: 5,
  hostIds: { "mac-1": "h-1" },
  lives: [{ kind: "launch", clientToken: "t", hostId: "h-1", imageId: "ami-1", askedAt: 7, result: "asked" }],
  drains: { "i-1": { since: 8, answered: true, way: "terminate", why: "old" } },
};

/** What every store of pools does. `open` gives one more on the same place, `fresh` an empty place. */
export function storeContract(fresh: () => Promise<(now: () => number) => PoolStore>): void {
  beforeEach(async () => {
    now = 1_000_000_000;
    const open = await fresh();
    one = open(() => now);
    other = open(() => now);
  });
  afterEach(() => {
    one.close();
    other.close();
  });

  describe("a lease", () => {
    test("is one controller's until it gives it back", async () => {
      const lease = leaseOf(await one.acquire("a", "first"));
      deepEqual(await other.acquire("a", "second"), { heldBy: "first", until: now + leaseSeconds });
      await one.release(lease);
      ok("lease" in (await other.acquire("a", "second")));
    });

    test("concerns one pool", async () => {
      await one.acquire("a", "first");
      ok("lease" in (await other.acquire("b", "second")));
    });

    test("of a controller that died is over after its time", async () => {
      await one.acquire("a", "first");
      now += leaseSeconds - 1;
      ok("heldBy" in (await other.acquire("a", "second")));
      now += 1;
      ok("lease" in (await other.acquire("a", "second")));
    });

    test("lasts longer with each write", async () => {
      const lease = leaseOf(await one.acquire("a", "first"));
      now += leaseSeconds - 1;
      await one.save(lease, memory, []);
      now += leaseSeconds - 1;
      ok("heldBy" in (await other.acquire("a", "second")));
    });

    test("that somebody took over lets its old holder write nothing and give nothing back", async () => {
      const late = leaseOf(await one.acquire("a", "first"));
      now += leaseSeconds;
      const lease = leaseOf(await other.acquire("a", "second"));
      await rejects(one.save(late, memory, [entry()]), LeaseLost);
      deepEqual(await one.load("a"), emptyMemory);
      deepEqual(await one.timeline("a", { limit: 10 }), []);
      await one.release(late);
      await other.save(lease, memory, []);
      ok("heldBy" in (await one.acquire("a", "third")));
    });
  });

  describe("what is kept", () => {
    test("is there for the next controller, pool by pool", async () => {
      await one.save(leaseOf(await one.acquire("a", "first")), memory, [entry()]);
      deepEqual(await other.load("a"), memory);
      deepEqual(await other.timeline("a", { limit: 10 }), [entry()]);
      deepEqual(await other.load("b"), emptyMemory);
      deepEqual(await other.timeline("b", { limit: 10 }), []);
    });

    test("an entry gets its outcome in its place", async () => {
      const later = entry({ id: "2", hostName: "mac-2" });
      await one.note("a", [entry({ result: "asked" }), later]);
      await one.note("a", [entry({ result: "done" })]);
      deepEqual(await one.timeline("a", { limit: 10 }), [entry({ result: "done" }), later]);
    });

    test("the timeline gives the newest, of all hosts or of one", async () => {
      const entries = [1, 2, 3, 4].map((n) => entry({ id: String(n), at: now + n, hostName: `mac-${n % 2}` }));
      await one.note("a", entries);
      const ids = (found: TimelineEntry[]) => found.map(({ id }) => id);
      deepEqual(ids(await one.timeline("a", { limit: 2 })), ["3", "4"]);
      deepEqual(ids(await one.timeline("a", { hostName: "mac-1", limit: 9 })), ["1", "3"]);
      deepEqual(ids(await one.newest("a")).sort(), ["3", "4"]);
    });

    test("three months of the timeline", async () => {
      const lease = leaseOf(await one.acquire("a", "first"));
      await one.save(lease, memory, [entry({ id: "old", at: now - 91 * 86_400 }), entry()]);
      deepEqual(await one.timeline("a", { limit: 10 }), [entry()]);
    });
  });

  describe("utilization and ledger", () => {
    const sample = { at: 1_000_000_000, hosts: 3, ready: 2, busy: 1, jobsFinished: 4 };
    const host = { hostId: "h-1", hostName: "mac-1", instanceType: "mac2.metal", billedSeconds: 5, unbilledSeconds: 6 };
    const ledger = [{ ...host, jobs: 7, countedUntil: 8 }];

    test("are kept pool by pool, the series from a moment on", async () => {
      const lease = leaseOf(await one.acquire("a", "first"));
      await one.addSample(lease, sample);
      await one.addSample(lease, { ...sample, at: sample.at + 120 });
      await one.saveLedger(lease, ledger);
      deepEqual(await other.samples("a", sample.at), [sample, { ...sample, at: sample.at + 120 }]);
      deepEqual(await other.samples("a", sample.at + 1), [{ ...sample, at: sample.at + 120 }]);
      deepEqual(await other.ledger("a"), ledger);
      deepEqual([await other.samples("b", 0), await other.ledger("b")], [[], []]);
    });

    test("are written only with the lease", async () => {
      const late = leaseOf(await one.acquire("a", "first"));
      now += leaseSeconds;
      await other.acquire("a", "second");
      await rejects(one.addSample(late, sample), LeaseLost);
      await rejects(one.saveLedger(late, ledger), LeaseLost);
      deepEqual([await one.samples("a", 0), await one.ledger("a")], [[], []]);
    });
  });

  test("one look at 200 hosts fits, with an entry for each", async () => {
    const names = Array.from({ length: 200 }, (_, n) => `mac-${n + 1}`);
    const lives = names.flatMap((name) => Array.from({ length: 8 }, (_, n) => lifeOn(name, n)));
    const large = { ...memory, lives, hostIds: Object.fromEntries(names.map((name) => [name, `h-0123456789${name}`])) };
    const entries = names.map((hostName) => entry({ id: `${now}/wait/${hostName}`, hostName, kind: "wait" }));
    await one.save(leaseOf(await one.acquire("a", "first")), large, entries);
    deepEqual(await other.load("a"), large);
    equal((await other.newest("a")).length, 200);
    equal((await other.timeline("a", { limit: 1000 })).length, 200);
  });
}

/** As long as a life gets in a memory; ids differ as AWS's do. */
function lifeOn(name: string, n: number): PoolMemory["lives"][number] {
  const id = createHash("sha256").update(`${name}/${n}`).digest("hex").slice(0, 17);
  const times = { askedAt: 1_000_000_000 + n, resultAt: 1_000_000_600 + n };
  const ids = { clientToken: `life-h-${id}-${times.askedAt}`, hostId: `h-${id}`, instanceId: `i-${id}` };
  return { kind: "launch", ...ids, imageId: "ami-0123456789abcdef0", ...times, result: "ready" };
}
