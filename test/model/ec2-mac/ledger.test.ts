import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { account, keepOrRelease, type LedgerEntry, type LifeJobs, total } from "../../../model/ec2-mac/ledger.ts";
import { host, now } from "./build.ts";
import { hour, policyFor } from "./scenario.ts";

const prices = { "mac2.metal": 0.65 };
const fresh = { allocatedAt: now - hour };

const done = (finished: number, change: Partial<LifeJobs> = {}): LifeJobs => {
  return { instanceId: "i-1", bornAt: now, finished, ...change };
};

/** One host seen each hour in these states, with two jobs done in each. */
function watched(states: readonly string[]): LedgerEntry[] {
  return states.reduce<LedgerEntry[]>(
    (ledger, state, index) =>
      account(ledger, [{ host: host(1, { ...fresh, state }), jobs: done(2 * (index + 1)) }], now + index * hour),
    [],
  );
}

test("a host is billed from its allocation, save while it is pending", () => {
  const [entry] = watched(["available", "available", "pending", "pending", "available"]);
  equal(entry?.billedSeconds, 3 * hour);
  equal(entry?.unbilledSeconds, 2 * hour);
  equal(entry?.jobs, 10);
});

test("a released host keeps what it cost", () => {
  const before = watched(["available"]);
  deepEqual(account(before, [], now + 9 * hour), before);
  deepEqual(account(before, [{ host: host(1, { state: "released" }), jobs: undefined }], now + 9 * hour), before);
});

test("the same look counted twice adds nothing", () => {
  const [once] = watched(["available"]);
  const [twice] = account(watched(["available"]), [{ host: host(1, fresh), jobs: done(2) }], now);
  deepEqual(twice, once);
});

describe("jobs are counted once, whatever happens between two looks", () => {
  const cases: [name: string, seen: (LifeJobs | undefined)[], jobs: number][] = [
    ["each look's own", [done(0), done(2), done(2), done(5)], 5],
    ["nobody could tell in between", [done(2), undefined, done(5)], 5],
    ["a new life of the same instance", [done(3), done(1, { bornAt: now + hour })], 4],
    ["another instance", [done(3), undefined, done(2, { instanceId: "i-2" })], 5],
    ["a count that went back takes nothing away", [done(3), done(1), done(2)], 4],
  ];
  for (const [name, seen, jobs] of cases)
    test(name, () => {
      const ledger = seen.reduce<LedgerEntry[]>(
        (entries, one, index) => account(entries, [{ host: host(1, fresh), jobs: one }], now + index * hour),
        [],
      );
      equal(ledger[0]?.jobs, jobs);
    });
});

test("a pool's total gives the cost of a job, and none where there are no jobs", () => {
  const sum = total(watched(["available", "pending", "available"]), prices);
  deepEqual(
    { ...sum, dollars: sum.dollars.toFixed(2), dollarsPerJob: sum.dollarsPerJob?.toFixed(3) },
    {
      billedHours: 2,
      unbilledHours: 1,
      jobs: 6,
      dollars: "1.30",
      dollarsPerJob: "0.217",
    },
  );
  equal(total([], prices).dollarsPerJob, undefined);
});

test("a price that is not known is an error, never 0", () => {
  throws(() => total(watched(["available"]), {}), /no price is known for mac2\.metal/);
});

test("keeping and releasing side by side: what is bound, what a day costs, what coming back costs", () => {
  const young = host(1, { allocatedAt: now - 14 * hour });
  const choice = keepOrRelease(young, policyFor(1), prices, now);
  equal(choice.releasableAt, now + 10 * hour + 120);
  equal(choice.boundDollars.toFixed(2), "6.52");
  equal(choice.keepDollars.toFixed(2), "15.60");
  equal(choice.returnDollars.toFixed(2), "15.60");
});
