import { DriverError } from "../../drivers/errors.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { isHeld, type LookOptions, look } from "./look.ts";
import type { Pool } from "./pool.ts";
import { failedLook, newsAmong } from "./record.ts";
import { LeaseLost, type PoolStore } from "./store.ts";

/**
 * Keeps a pool as it should be until the signal ends, which is a clean stop: the action at hand is given up or finished,
 * and written down. Looks whenever the last decision said to.
 * @throws Error when the store cannot be used, or for a mistake of ours; a failed look is told and tried again
 */
export async function keepPool(pool: Pool, store: PoolStore, options: LookOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await pool.clock.until(await nextLookAfter(pool, store, options, signal), signal);
}

async function nextLookAfter(
  pool: Pool,
  store: PoolStore,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Instant> {
  try {
    const answer = await look(pool, store, options, signal);
    if (!isHeld(answer)) return answer.decision.lookAgainAt;
    await tellOnce(pool, store, options, `not looked: ${answer.heldBy} is at it`);
  } catch (error) {
    if (!(error instanceof DriverError) && !(error instanceof LeaseLost)) throw error;
    if (!signal.aborted) await tellOnce(pool, store, options, `could not look: ${error.message}`);
  }
  return pool.clock.now() + pool.policy.setUpLoopSeconds;
}

async function tellOnce(pool: Pool, store: PoolStore, { tell }: LookOptions, reason: string): Promise<void> {
  const news = newsAmong([failedLook(pool.clock.now(), reason)], await store.newest(pool.id));
  await store.note(pool.id, news);
  for (const entry of news) tell?.(entry);
}
