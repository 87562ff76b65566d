/** Our pool's policy beside the ones that people run instead, in the same worlds. Not a test: it prints what it saw. */
import { arch, cpus, platform } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { ceilings } from "./bench/pool/ceiling.ts";
import { compare, simulate } from "./bench/pool/compare.ts";
import { minute } from "./bench/pool/hours.ts";
import { ceilingText, comparisonText, legend, onDemandText, speedText, totalText } from "./bench/pool/print.ts";
import { onDemand } from "./bench/pool/rules/on-demand.ts";
import { decideTime, speeds } from "./bench/pool/speed.ts";
import { onDemandWorld, usualDurations, worldOf, worldPlans } from "./bench/pool/worlds.ts";

const usage = `Usage: node tools/bench-pool.ts [--quick] [--seed N] [--json]

Runs our pool policy and the baselines in the same worlds: synthetic working days, and the arrivals of test/traces. Prints
how fast simulation and decisions are, then ready runners, waits, costs and hosts needed. Takes some minutes.

  --quick     the small worlds, and fewer rounds: a look in some seconds
  --seed N    draws other arrivals and durations (default 1)
  --json      the same as JSON`;

const startTimeSeconds = 7 * minute;

interface Options {
  quick: boolean;
  seed: number;
  json: boolean;
}

/** What was asked for; undefined for help. */
function optionsFrom(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new TypeError(`--seed takes a whole number, not ${values.seed}`);
  return values.help ? undefined : { quick: values.quick, json: values.json, seed };
}

function bench({ quick, seed, json }: Options): void {
  const print = (text: string) => {
    if (!json) console.log(text);
  };

  print(
    `Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} x ${cpus()[0]?.model}; seed ${seed}\n\n${legend}`,
  );
  // First: the engine makes slower code of what it has seen work for many policies.
  const large = worldPlans.find(({ name }) => name === "office, large") ?? worldPlans[0];
  const measured = large ? speeds(worldOf(large, seed), 50, quick ? 1 : 5) : [];
  const decisions = [10, 100, ...(quick ? [] : [1000])].map((hosts) => decideTime(hosts, 3, seed));
  print(speedText(measured, decisions));
  print(ceilingText(ceilings(usualDurations)));
  const plans = worldPlans.filter(({ isSmall }) => isSmall || !quick);
  const comparisons = plans.map((plan) => {
    const comparison = compare(worldOf(plan, seed));
    print(comparisonText(comparison, plan.about));
    return comparison;
  });
  print(totalText(comparisons));
  const known = simulate(onDemandWorld(seed), onDemand());
  print(onDemandText(known, Math.max(0, known.waitP95 - startTimeSeconds)));

  if (json) console.log(JSON.stringify({ seed, comparisons, onDemand: known, speeds: measured, decisions }));
}

try {
  const options = optionsFrom(process.argv.slice(2));
  if (options) bench(options);
  else console.log(usage);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
