import { deepEqual, equal, match, notDeepEqual, ok, throws } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sizing } from "../../model/settings/schema-sizing.ts";
import { inOrder, officeJobs, overlaid, thinned, traceJobs } from "../../tools/bench/pool/arrivals.ts";
import { ceilings } from "../../tools/bench/pool/ceiling.ts";
import { atNoHigherCost, hostsNeeded, type Row, simulate, verdictOf } from "../../tools/bench/pool/compare.ts";
import { day, hour, minute, week } from "../../tools/bench/pool/hours.ts";
import { dollarsPerHour, percentile, type Result } from "../../tools/bench/pool/measure.ts";
import { comparisonText, totalText } from "../../tools/bench/pool/print.ts";
import { profiles } from "../../tools/bench/pool/profiles.ts";
import { agentScaler } from "../../tools/bench/pool/rules/agent-scaler.ts";
import { fixedPool } from "../../tools/bench/pool/rules/fixed.ts";
import { mapt } from "../../tools/bench/pool/rules/mapt.ts";
import { onDemand } from "../../tools/bench/pool/rules/on-demand.ts";
import { ourPolicy, ours, sizedPolicy, steadyPolicy } from "../../tools/bench/pool/rules/ours.ts";
import { referencePool } from "../../tools/bench/pool/rules/reference.ts";
import { betaFor, squareRootStaffing } from "../../tools/bench/pool/rules/square-root.ts";
import { newHost } from "../../tools/bench/pool/simulated-host.ts";
import type { Durations, Host, Order, Pool, Rule, World } from "../../tools/bench/pool/types.ts";
import { onDemandWorld, quietWorld, usualDurations } from "../../tools/bench/pool/worlds.ts";
import { repositoryRoot } from "../support/tools.ts";

/** Lengths without chance, so that answers can be computed by hand. */
const exact: Durations = {
  stopping: [10 * minute, 10 * minute],
  scrub: [2 * hour, 2 * hour],
  longScrub: { share: 0, extraSeconds: 0 },
  replacement: [5 * minute, 5 * minute],
  boot: [10 * minute, 10 * minute],
  setUp: [10 * minute, 10 * minute],
  scriptedSetUp: [10 * minute, 10 * minute],
};

/** A world with these jobs: when each arrives and how long it runs, in seconds. */
function world(jobs: readonly (readonly [number, number])[], countUntil: number): World {
  const coming = inOrder(jobs.map(([at, seconds]) => ({ at, seconds })));
  return { name: "by hand", seed: 1, jobs: coming, durations: exact, countFrom: 0, countUntil };
}

const minutes = ({ billedHours, pendingHours }: Result) => ({
  billed: Math.round(billedHours * 60),
  pending: Math.round(pendingHours * 60),
});

describe("baselines, computed by hand", () => {
  test("a fixed pool boots once and then serves one job after the other", () => {
    const jobs = [
      [0, 30 * minute],
      [0, 30 * minute],
    ] as const;
    const result = simulate(world(jobs, day), fixedPool(1));
    deepEqual([result.waitP50, result.waitP95], [20 * minute, 50 * minute]);
    deepEqual(minutes(result), { billed: 24 * 60, pending: 0 });
    equal(result.readyShare, 1 - 20 / (24 * 60));
    equal(result.dollarsPerJob, (24 * dollarsPerHour) / 2);
  });

  test("the reference pool: a forced start gives 22 hours from set-up, then comes a full scrub that is not billed", () => {
    // Launched at 10 min, booted at 20, ready at 30; its end is 22 h after 20 min, and its scrub begins 10 min later.
    const result = simulate(world([[hour, 30 * minute]], day), referencePool(1, 1));
    deepEqual(minutes(result), { billed: 22.5 * 60, pending: 1.5 * 60 });
    equal(result.readyShare, (22 * 60 - 10) / (24 * 60));
    equal(result.waitP95, 0);
  });

  test("the reference pool ends a life whose job does not end, 2 hours late, and the job begins anew", () => {
    const ofPool = (hosts: number) => simulate(world([[21 * hour, 4 * hour]], 3 * day), referencePool(hosts, 1));
    // Ended at 24 h 20 min, scrubbed until 26 h 30 min, launched at once, ready 20 min later.
    const alone = ofPool(1);
    deepEqual([alone.interrupted, alone.waitP95, alone.undone], [1, (26 * 60 + 50 - 21 * 60) * minute, 0]);
    // A second Mac, whose life is 2 hours shorter, is back by then and takes it at once.
    equal(ofPool(2).waitP95, (24 * 60 + 20 - 21 * 60) * minute);
  });

  test("on demand: a host for each job, parked in scrubs until its 24 hours are over", () => {
    const result = simulate(world([[0, 30 * minute]], 2 * day), onDemand());
    // 60 min until the scrub; then 9 rounds of 5 min idle, 10 min of stopping, 2 h of scrub; then 15 and 30 min of a tenth.
    deepEqual(minutes(result), { billed: 60 + 9 * 15 + 15, pending: 120 + 9 * 120 + 30 });
    deepEqual([result.waitP95, result.allocations, result.scrubs], [20 * minute, 1, 11]);
  });

  test("on demand takes an available host before it allocates one", () => {
    const first = [0, 30 * minute] as const;
    const allocations = (second: number) =>
      simulate(world([first, [second, 30 * minute]], 2 * day), onDemand()).allocations;
    deepEqual([allocations(181 * minute), allocations(179 * minute)], [1, 2]);
  });

  test("mapt as meant adds when too few are free, renews after each job, and destroys the oldest after a day", () => {
    const result = simulate(world([[30 * minute, 30 * minute]], 1500 * minute), mapt(1, 2));
    // One from the start; another at 54 min, when the job has the first; at 1,458 min the first is too many.
    deepEqual(minutes(result), { billed: 1468 + (1500 - 54), pending: 0 });
    deepEqual([result.allocations, result.replacements, result.waitP95], [2, 1, 0]);
  });

  test("mapt never adds more than max - offered at a time, one after another", () => {
    const burst = Array.from({ length: 4 }, () => [21 * minute, 10 * hour] as const);
    const { peakHosts, waitP95 } = simulate(world(burst, 9 * hour), mapt(2, 4));
    // Ready at 20 and 40 min; at 27 min two more are wanted, ready at 47 and 67 min.
    deepEqual([peakHosts, waitP95], [4, (67 - 21) * minute]);
  });

  test("the agent scaler takes slow Macs for missing ones and adds another; hosts are held for their 24 hours", () => {
    const result = simulate(world([[5, 30 * minute]], 2 * day), agentScaler({ max: 2, idleSeconds: 10 * minute }));
    deepEqual([result.allocations, result.waitP95], [2, 20 * minute + 5]);
    deepEqual(minutes(result), { billed: 44 * 60, pending: 4 * 60 });
  });

  test("square-root staffing: beta for a share of jobs that wait", () => {
    // Halfin and Whitt: beta 1 gives 1 / (1 + 0.84134 / 0.24197).
    ok(Math.abs(betaFor(0.22336) - 1) < 0.001);
    ok(betaFor(0.05) > betaFor(0.2));
  });

  test("square-root staffing: servers for the same hour of last week", () => {
    const counts = Array.from({ length: week / hour - 1 }, (_, index) => (index === 0 ? 10 : 0));
    const pool = poolOf([], { now: week, finished: 4, workedSeconds: 4 * 30 * minute });
    const look = { kind: "look", host: undefined } as const;
    const { orders } = squareRootStaffing(0.22336).decide(pool, { counts, arrived: 0, target: 0 }, look);
    // An offered load of 5: 5 + 1 x 2.24, so 8.
    equal(orders.length, 8);
  });
});

/** A pool as a rule sees it, at a moment. */
function poolOf(hosts: readonly Partial<Host>[], seen: Partial<Pool>): Pool {
  const all = hosts.map((host, index): Host => ({ ...newHost(index + 1, 0), ...host }));
  const counts = { waiting: 0, running: 0, starting: 0, online: 0, arrived: 0, finished: 0, workedSeconds: 0 };
  return {
    now: 0,
    hosts: all,
    available: all.filter(({ state }) => state === "available"),
    ...counts,
    ...seen,
  };
}

describe("the reference pool's loops", () => {
  const now = 10 * day;
  const running = (ago: number): Partial<Host> => ({ state: "ready", launchedAt: now - ago });
  const cases: { name: string; hosts: Partial<Host>[]; workers?: number; expect: Order["kind"][] }[] = [
    { name: "a launch less than 2 h ago throttles the next", hosts: [running(hour), {}], expect: [] },
    { name: "after 2 h one is launched, not all", hosts: [running(2 * hour), {}, {}], expect: ["launch"] },
    {
      name: "a launch that has ended already does not throttle",
      hosts: [{ state: "stopping" }, {}],
      expect: ["launch"],
    },
    { name: "booted is set up", hosts: [{ ...running(hour), state: "booted" }], expect: ["set-up"] },
    { name: "2 days are the hard limit", hosts: [running(2 * day + 1)], expect: ["terminate"] },
    { name: "25 jobs end a life", hosts: [{ ...running(hour), jobsDone: 25 }], workers: 4, expect: ["terminate"] },
    { name: "24 do not", hosts: [{ ...running(hour), jobsDone: 24 }], workers: 4, expect: [] },
    { name: "with 3 workers nothing counts jobs", hosts: [{ ...running(hour), jobsDone: 25 }], workers: 3, expect: [] },
  ];
  for (const { name, hosts, workers = 0, expect } of cases)
    test(name, () => {
      const look = { kind: "look", host: undefined } as const;
      const step = referencePool(hosts.length, 1).decide(
        poolOf(hosts, { now }),
        { workers, forcedLifeSeconds: day },
        look,
      );
      deepEqual(
        step.orders.map(({ kind }) => kind),
        expect,
      );
    });
});

describe("our pool in these worlds", () => {
  test("renews by root volume, scrubs each host once a week, and breaks no job", () => {
    const jobs = officeJobs(100, 3, 1);
    const result = simulate({ ...quietWorld(21, 1), jobs }, ours(ourPolicy(3, 1)));
    deepEqual([result.undone, result.interrupted, result.peakHosts], [0, 0, 3]);
    ok(result.scrubs >= 6 && result.scrubs <= 12, `${result.scrubs} scrubs`);
    ok(result.replacements > 3 * result.scrubs, `${result.replacements} replacements`);
    ok(result.readyShare > 0.95, `ready ${result.readyShare}`);
  });

  test("with scrubs bridged by a new host it keeps 98 of 100 hours ready, and holds no more hosts for long", () => {
    let [ready, seeds] = [0, 0];
    for (const seed of [1, 2, 3, 4]) {
      const world = { ...quietWorld(21, seed), jobs: officeJobs(500, 3, seed), durations: usualDurations };
      const result = simulate(world, ours(steadyPolicy(7, seed)));
      deepEqual([result.undone, result.interrupted, result.peakHosts], [0, 0, 8]);
      ok((result.promisedShare ?? 0) > 0.999, `kept ${result.promisedShare}`);
      ok(result.billedHours < 1.01 * 7 * 20 * 24, `${result.billedHours} billed hours`);
      ready += result.readyShare;
      seeds++;
    }
    ok(ready / seeds >= 0.98, `ready ${ready / seeds}`);
  });

  test("following its demand it costs less than a fixed pool that makes jobs wait as long", () => {
    const world = { ...quietWorld(28, 1), jobs: officeJobs(500, 4, 1), countFrom: week };
    const [own, fixed] = [simulate(world, ours(sizedPolicy(12, 2, 1))), simulate(world, fixedPool(7))];
    ok(own.waitP95 <= fixed.waitP95 && own.lost + own.undone === 0, `${own.waitP95} s against ${fixed.waitP95} s`);
    ok(own.dollarsPerJob < 0.85 * fixed.dollarsPerJob, `${own.dollarsPerJob} against ${fixed.dollarsPerJob}`);
  });
});

/** Every policy, small. */
const rules: readonly Rule<never>[] = [
  fixedPool(2),
  referencePool(2, 1),
  ours(ourPolicy(2, 1)),
  { ...ours(sizedPolicy(2, 1, 1)), name: "ours by demand" },
  onDemand(),
  mapt(1, 2),
  agentScaler({ max: 2, idleSeconds: 10 * minute }),
  squareRootStaffing(0.05),
] as unknown as readonly Rule<never>[];

for (const rule of rules)
  test(`${rule.name}: no job is lost, whatever comes`, () => {
    const job = fc.tuple(fc.integer({ min: 0, max: 2 * day }), fc.integer({ min: 1, max: 3 * hour }));
    fc.assert(
      fc.property(fc.array(job, { maxLength: 40 }), fc.integer({ min: 0, max: 1000 }), (jobs, seed) => {
        const { lost, undone, jobs: counted } = simulate({ ...world(jobs, 2 * day), seed }, rule);
        deepEqual([counted, lost, undone], [jobs.length, 0, 0]);
      }),
      { seed: 1, numRuns: 15 },
    );
  });

test("the same seed gives the same numbers, another one others", () => {
  const run = (seed: number) => {
    const jobs = officeJobs(200, 1, seed);
    return simulate({ ...quietWorld(7, seed), jobs }, ours(ourPolicy(4, seed)));
  };
  deepEqual(run(5), run(5));
  notDeepEqual(run(5), run(6));
});

test("the on-demand pool by its own figures comes near what another re-model found", () => {
  const { lost, undone, waitP95, billedHours, allocations } = simulate(onDemandWorld(1), onDemand());
  deepEqual([lost, undone, waitP95], [0, 0, 7 * minute]);
  ok(Math.abs(billedHours / 4006 - 1) < 0.05, `${billedHours} billed hours`);
  ok(Math.abs(allocations / 1050 - 1) < 0.05, `${allocations} allocations`);
});

test("a pool that does not keep up leaves jobs undone, and loses none", () => {
  const jobs = Array.from({ length: 30 }, (_, index) => [index * hour, 12 * hour] as const);
  const { lost, undone } = simulate(world(jobs, 2 * day), fixedPool(1));
  // From 20 min on one each 12 h, until a week after the second day: 18 have begun.
  deepEqual([lost, undone], [0, 12]);
});

test("a rule that releases a host before its 24 hours is refused", () => {
  const eager: Rule<undefined> = {
    ...onDemand(),
    decide: (_pool, memory, { kind, host }) => {
      if (kind === "arrival") return { orders: [{ kind: "allocate", launch: true, byItself: true }], memory };
      return { orders: host ? [{ kind: kind === "job-done" ? "terminate" : "release", host }] : [], memory };
    },
  };
  throws(() => simulate(world([[0, hour]], day), eager), /ordered release where AWS refuses it/);
});

test("the smallest pool that reaches the goal is found, and none is reported as 0", () => {
  const enough = (least: number) => (hosts: number) =>
    ({ undone: 0, waitP95: hosts >= least ? 0 : hour }) as unknown as Result;
  deepEqual(
    [1, 2, 13, 16, 17].map((least) => hostsNeeded(enough(least), 16)),
    [1, 2, 13, 16, 0],
  );
});

test("who makes jobs wait less: undone jobs first, then the p95, then the p50", () => {
  const result = (undone: number, waitP95: number, waitP50: number) => ({ undone, waitP95, waitP50 }) as Result;
  equal(verdictOf(result(0, 60, 0), result(1, 0, 0)), "ahead");
  equal(verdictOf(result(0, 60, 0), result(0, 0, 0)), "behind");
  equal(verdictOf(result(0, 60, 0), result(0, 60, 10)), "ahead");
  equal(verdictOf(result(0, 60, 10), result(0, 60, 10)), "level");
});

describe("ours beside another at no higher cost", () => {
  const row = (policy: string, waitP95: number, cost: number, changes: Partial<Row> = {}) =>
    ({
      ...{ policy, waitP95, dollarsPerJob: cost, dollarsPerJobPendingBilled: cost, waitP50: 0, undone: 0, lost: 0 },
      ...{ interrupted: 0, readyShare: 1, peakHosts: 1, scrubs: 0, replacements: 0, ...changes },
    }) as Row;
  const cheap = row("ours, lean", 600, 1);
  const dear = row("ours, ample", 0, 3);

  test("the best that costs no more is taken, and pending billed counts too", () => {
    const pending = row("ours, quick", 60, 1.5, { dollarsPerJobPendingBilled: 2.5 });
    const { own, verdict, instead } = atNoHigherCost(row("other", 900, 2), [cheap, pending, dear]);
    deepEqual([own?.policy, verdict, instead], ["ours, lean", "ahead", undefined]);
  });

  test("behind, it says what being ahead would cost, and that the other renews nothing", () => {
    const other = row("fixed pool", 30, 2);
    const sameCost = [atNoHigherCost(other, [cheap, dear])];
    const comparison = { world: "w", jobs: 1, hosts: 1, rows: [cheap, dear, other], sameCost, daysToLearn: 7 };
    const text = comparisonText(comparison, "by hand");
    match(text, /ample makes jobs wait less, p95 0, at \$ 3\.000, x 1\.50 of the cost/);
    match(text, /it renews no Mac and scrubs none/);
    match(totalText([comparison]), /in 1 comparisons: ahead 0, level 0, behind 1\n {2}behind in w: fixed pool/);
  });
});

test("what the durations allow at best, computed by hand", () => {
  // 6 renewals of 25 min and 150 min for the scrub of a week; 5 with lives of 28 h; bridged, 20 to start and 10 to end.
  const { softLives, longestLives, bridged } = ceilings(exact);
  const unready = [softLives, longestLives, bridged].map((share) => Math.round((1 - share) * 7 * 24 * 60));
  deepEqual(unready, [6 * 25 + 150, 5 * 25 + 150, 5 * 25 + 30]);
});

describe("arrivals", () => {
  test("an office has so many jobs in each week, most of them by day", () => {
    const { arrivals, seconds } = officeJobs(300, 2, 1);
    equal(arrivals.filter((at) => at < week).length, 300);
    equal(arrivals.length, 600);
    ok(arrivals.filter((at) => at % day >= 7 * hour && at % day < 19 * hour).length > 450);
    ok(seconds.every((one) => one >= 20 * minute && one <= 40 * minute));
  });

  test("the traces are whole, and copies and shares of them have as many jobs as they should", () => {
    const macs = traceJobs("bitcoin-core-macos");
    deepEqual(
      [macs, traceJobs("julia-master-macos"), traceJobs("firefox-ci-metal")].map(({ arrivals }) => arrivals.length),
      [1557, 1134, 24_649],
    );
    const kept = macs.arrivals.filter((at) => at < 5 * week).length;
    const copies = overlaid(macs, 3, 5);
    equal(copies.arrivals.length, 3 * kept);
    ok(copies.arrivals.every((at, index) => at < 5 * week && at >= (copies.arrivals[index - 1] ?? 0)));
    ok(Math.abs(thinned(macs, 0.5, 1).arrivals.length / 1557 - 0.5) < 0.05);
  });
});

test("percentiles are by nearest rank", () => {
  const waits = Array.from({ length: 20 }, (_, index) => index + 1);
  deepEqual([percentile(waits, 0.5), percentile(waits, 0.95), percentile([], 0.5)], [10, 19, 0]);
});

test("the program tells what it takes", () => {
  const program = path.join(repositoryRoot, "tools/bench-pool.ts");
  ok(/--quick/.test(execFileSync(process.execPath, [program, "--help"], { encoding: "utf8" })));
  throws(
    () => execFileSync(process.execPath, [program, "--seed", "x"], { stdio: "pipe" }),
    /--seed takes a whole number/,
  );
});

test("the profile `usual` is what a pool gets that says no more than its most hosts", () => {
  const { spareDeviations, answeredPercent } = sizing.parse({ maxHosts: 9 });
  const usual = profiles.find(({ name }) => name === "usual");
  deepEqual([usual?.spareDeviations, usual?.answeredPercent], [spareDeviations, answeredPercent]);
});
