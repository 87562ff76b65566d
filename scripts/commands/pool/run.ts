import * as path from "node:path";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { consider } from "../../../controllers/pool/look.ts";
import { keepPool } from "../../../controllers/pool/loop.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { serviceConfig } from "../../../drivers/aws/service-call.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { readRawSettings, stackFile } from "../../stack.ts";
import { type OpenPool, type PoolOptions, whoAmI, withPools } from "./access.ts";
import { declaredEnds } from "./ends.ts";
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

/**
 * Remembers the settings as they are. What it gives throws an Error when they are no longer the same: hosts that have been
 * taken out of them would be filled again, by a process that has not read it.
 */
export function refuseOtherSettings(file: string, stack: string): () => void {
  const read = () => JSON.stringify(readRawSettings(file));
  const before = read();
  return () => {
    if (read() !== before)
      throw new Error(
        `${path.basename(file)} has changed since this began, and nothing is done by old settings.\n  Start again: fleet pool run --stack ${stack}`,
      );
  };
}

/** Each pool for itself. When one cannot go on, all stop in order, and the process that watches this one is told. */
async function keepAll(pools: readonly OpenPool[], { json, stack }: PoolOptions, signal: AbortSignal) {
  const beforeLook = refuseOtherSettings(stackFile(pools[0]?.folder ?? "", stack), stack);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  if (!json) console.log(`Keeping ${pools.map(({ name }) => name).join(", ")}. Ctrl-C ends it in order.`);
  const loops = pools.map(async (pool) => {
    const { place, settings } = pool;
    const scheduler = new SchedulerClient(serviceConfig(settings.region));
    const ends = declaredEnds(scheduler, settings.region, place);
    try {
      await keepPool(
        { ...pool, ends },
        pool.store,
        { holder: whoAmI(), tell: (entry) => printEntry(pool.name, entry, json), beforeLook },
        either,
      );
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      scheduler.destroy();
    }
  });
  for (const loop of await Promise.allSettled(loops)) if (loop.status === "rejected") throw loop.reason;
}
