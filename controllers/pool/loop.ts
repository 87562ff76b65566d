import { DriverError } from "../../drivers/errors.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { isHeld, type LookOptions, look, tellOnce } from "./look.ts";
import type { Pool } from "./pool.ts";
import { LeaseLost, type PoolStore } from "./store.ts";

/** How to keep a pool. */
export interface KeepOptions extends LookOptions {
  /** Called before each look; what it throws ends the keeping. */
  beforeLook?: () => void;
}

/**
 * Keeps a pool as it should be until the signal ends, which is a clean stop: the action at hand is given up or finished,
 * and written down. Looks whenever the last decision said to.
 * @throws Error when the store cannot be used, or for a mistake of ours; a failed look is told and tried again
 */
export async function keepPool(pool: Pool, store: PoolStore, options: KeepOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    options.beforeLook?.();
    await pool.clock.until(await nextLookAfter(pool, store, options, signal), signal);
  }
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
    await tellOnce(pool, store, `not looked: ${answer.heldBy} is at it`, options.tell);
  } catch (error) {
    if (!signal.aborted) await noteFailedLook(pool, store, options, error);
    else if (!(error instanceof DriverError) && !(error instanceof LeaseLost)) throw error;
  }
  return pool.clock.now() + pool.policy.setUpLoopSeconds;
}

/** Notes why a look came to nothing. @throws the error itself when it is a mistake of ours */
export async function noteFailedLook(
  pool: Pool,
  store: PoolStore,
  { tell }: LookOptions,
  error: unknown,
): Promise<void> {
  if (!(error instanceof DriverError) && !(error instanceof LeaseLost)) throw error;
  await tellOnce(pool, store, `could not look: ${error.message}`, tell);
}
