import { generator } from "../../../model/ec2-mac/chance.ts";
import { drawScenario, type Scenario } from "./scenario.ts";

/**
 * How much of the simulated time pools of each size get. Most are small, as most pools are and as small ones go wrong in
 * more ways; the largest get a few days each.
 */
const sizes = [
  { share: 0.765, from: 1, to: 3, days: 365 },
  { share: 0.2, from: 4, to: 8, days: 180 },
  { share: 0.028, from: 9, to: 24, days: 90 },
  { share: 0.005, from: 25, to: 80, days: 60 },
  { share: 0.002, from: 81, to: 200, days: 40 },
] as const;

/** So many fleet-years of runs, the same for the same seed. */
export function fleetRuns(years: number, seed: number): Scenario[] {
  const chance = generator(seed);
  const runs: Scenario[] = [];
  for (const { share, from, to, days } of sizes) {
    for (let left = years * 365 * share; left >= 1; left -= days) {
      const hosts = from + Math.floor(chance() * (to - from + 1));
      const runSeed = Math.floor(chance() * 2 ** 31);
      runs.push(drawScenario(runSeed, hosts, Math.max(30, Math.ceil(Math.min(left, days)))));
    }
  }
  return runs;
}
