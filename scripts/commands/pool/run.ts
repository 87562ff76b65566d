import { consider } from "../../../controllers/pool/look.ts";
import { keepPool } from "../../../controllers/pool/loop.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { type OpenPool, type PoolOptions, whoAmI, withPools } from "./access.ts";
import { printEntry, printPlan } from "./lines.ts";

/** `fleet pool run`: keeps the pools until it is interrupted. With `--dry-run`: looks once and says what it would do. */
export async function runPools(signal: AbortSignal, options: PoolOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    await refuseIfBlind(pools, signal);
    if (options.dryRun) {
      for (const pool of pools) printPlan(pool.name, await consider(pool, pool.store, false, signal), options.json);
    } else {
      await keepAll(pools, options, signal);
    }
    return 0;
  });
}

/**
 * Without a credential for the CI system no life is ever seen to come up, and the controller would soon doubt the image.
 * That is better told now. A CI system that merely does not answer is no reason not to start.
 */
async function refuseIfBlind(pools: readonly Pool[], signal: AbortSignal): Promise<void> {
  for (const { runners } of pools) {
    try {
      await runners.look([], signal);
    } catch (error) {
      if (!isFailure(error, "timeout", "unreachable", "rate-limited", "failed")) throw error;
    }
  }
}

/** Each pool for itself. When one cannot go on, all stop in order, and the process that watches this one is told. */
async function keepAll(pools: readonly OpenPool[], { json }: PoolOptions, signal: AbortSignal) {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  if (!json) console.log(`Keeping ${pools.map(({ name }) => name).join(", ")}. Ctrl-C ends it in order.`);
  const loops = pools.map(async (pool) => {
    try {
      await keepPool(
        pool,
        pool.store,
        { holder: whoAmI(), tell: (entry) => printEntry(pool.name, entry, json) },
        either,
      );
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  for (const loop of await Promise.allSettled(loops)) if (loop.status === "rejected") throw loop.reason;
}
