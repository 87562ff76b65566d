import process from "node:process";
import { shuffled } from "../../model/ec2-mac/chance.ts";

/** Whether the heavy proofs run whole (`make test-all`), or a bounded part of them. */
export const isWhole = process.env.FLEET_TESTS === "all";

/**
 * The cases of a heavy proof that run now: all of them, or `count` drawn by the seed in `FLEET_SEED` (1 without it), in
 * their order. `make test` has a seed for each commit.
 */
export function bounded<T>(cases: readonly T[], count: number): T[] {
  if (isWhole) return [...cases];
  const chosen = new Set(shuffled(cases, Number(process.env.FLEET_SEED ?? 1)).slice(0, count));
  return cases.filter((one) => chosen.has(one));
}
