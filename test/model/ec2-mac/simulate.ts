/**
 * Simulates pools, on all cores, and checks that no rule is ever broken.
 *
 *   node test/model/ec2-mac/simulate.ts --years 1000 --seed 1
 *   node test/model/ec2-mac/simulate.ts --seed 7 --hosts 12 --days 100      one run, as a failing one prints it
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { fleetRuns } from "./fleets.ts";
import { run } from "./run.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { story } from "./story.ts";

/** What came of one run. */
interface Report {
  days: number;
  looks: number;
  /** How a rule was broken. */
  broken?: string;
}

/** Runs for several threads: each takes the next one that nobody has. */
interface Share {
  years: number;
  seed: number;
  next: Int32Array;
}

function reportOf(scenario: Scenario): Report {
  const { looks, violations } = run(scenario);
  return { days: scenario.days, looks, ...(violations.length > 0 && { broken: story(scenario) }) };
}

function work({ years, seed, next }: Share): void {
  const scenarios = fleetRuns(years, seed);
  for (;;) {
    const scenario = scenarios[Atomics.add(next, 0, 1)];
    if (!scenario) return;
    parentPort?.postMessage(reportOf(scenario));
  }
}

async function onAllCores(years: number, seed: number, add: (report: Report) => void): Promise<void> {
  const share: Share = { years, seed, next: new Int32Array(new SharedArrayBuffer(4)) };
  const workers = Array.from({ length: availableParallelism() }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.on("message", add);
    return new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  });
  await Promise.all(workers);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      years: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      hosts: { type: "string" },
      days: { type: "string", default: "365" },
    },
  });
  const [years, seed, totalDays] = [Number(values.years), Number(values.seed), Number(values.days)];
  const startedAt = performance.now();
  let days = 0;
  let looks = 0;
  const add = (report: Report) => {
    if (report.broken) {
      console.error(report.broken);
      process.exit(1);
    }
    days += report.days;
    looks += report.looks;
    if (process.stderr.isTTY) process.stderr.write(`\r${(days / 365).toFixed(1)} fleet-years`);
  };
  if (values.hosts) add(reportOf(drawScenario(seed, Number(values.hosts), totalDays)));
  else await onAllCores(years, seed, add);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${(days / 365).toFixed(1)} fleet-years, ${looks} looks, no rule broken; ${seconds.toFixed(1)} s, ${Math.round(days / seconds)} simulated days per second`,
  );
}

if (isMainThread) await main();
else work(workerData);
