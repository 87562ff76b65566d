import { carryOut, consider, underLease } from "../../../controllers/pool/look.ts";
import { entryOf } from "../../../controllers/pool/record.ts";
import type { TimelineEntry } from "../../../controllers/pool/store.ts";
import { setUpsByHand } from "../../../model/ec2-mac/set-up-by-hand.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { type OpenPool, type PoolOptions, whenFree, whoAmI, withPools } from "./access.ts";
import { onlyPool } from "./hosts.ts";
import { printEntry } from "./lines.ts";

interface SetUpOptions extends PoolOptions {
  force?: boolean;
}

/** `fleet pool setup`: exit code 0, or 1 when a set-up could not be begun. */
export async function setUpPools(
  signal: AbortSignal,
  host: string | undefined,
  options: SetUpOptions,
): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const told: TimelineEntry[] = [];
    for (const pool of host ? [onlyPool(pools)] : pools) {
      const entries = await (options.dryRun ? plan : setUp)(pool, host, options, signal);
      if (entries.length === 0 && !options.json) console.log(`${pool.name}: nothing to set up`);
      for (const entry of entries) printEntry(pool.name, entry, options.json);
      told.push(...entries);
    }
    return told.every(({ result }) => result === undefined || result === "done") ? 0 : 1;
  });
}

async function considerSetUps(pool: OpenPool, host: string | undefined, { force }: SetUpOptions, signal: AbortSignal) {
  const considered = await consider(pool, pool.store, false, signal);
  const { observed, policy, now } = considered;
  return { considered, actions: setUpsByHand(viewOf(observed, policy, now), host, force === true) };
}

async function plan(pool: OpenPool, host: string | undefined, options: SetUpOptions, signal: AbortSignal) {
  const { considered, actions } = await considerSetUps(pool, host, options, signal);
  return actions.map((action) => ({ ...entryOf(action, considered.now), result: undefined }));
}

async function setUp(pool: OpenPool, host: string | undefined, options: SetUpOptions, signal: AbortSignal) {
  const { store } = pool;
  const attempt = () =>
    underLease(pool, store, whoAmI(), async (lease) => {
      const { considered, actions } = await considerSetUps(pool, host, options, signal);
      let { memory } = considered.observed;
      const entries: TimelineEntry[] = [];
      const tell = (entry: TimelineEntry) => entries.push(entry);
      for (const action of actions)
        ({ memory } = await carryOut({ pool, store, lease, considered, tell }, memory, action, signal));
      return entries;
    });
  return whenFree(pool, attempt, signal);
}
