import { consider, look } from "../../../controllers/pool/look.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import type { PoolStore, TimelineEntry } from "../../../controllers/pool/store.ts";
import type { Action } from "../../../model/ec2-mac/types.ts";
import { type PoolOptions, whenFree, whoAmI, withPools } from "./access.ts";
import { printEntry, printPlan } from "./lines.ts";

interface LaunchOptions extends PoolOptions {
  force?: boolean;
}

/** What fills a pool; nothing that is there is ended by it. */
const filling: ReadonlySet<Action["kind"]> = new Set(["allocate", "adopt", "launch"]);

/** `fleet pool launch`: exit code 0, or 1 when an order was refused or got no answer. */
export async function launchPools(signal: AbortSignal, options: LaunchOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    let exitCode = 0;
    for (const pool of pools) {
      if (options.dryRun) {
        printPlan(pool.name, await consider(pool, pool.store, options.force === true, signal), options.json, filling);
      } else if (!(await launch(pool, pool.store, options, signal))) {
        exitCode = 1;
      }
    }
    return exitCode;
  });
}

/** True when all that was ordered was granted. What has to wait is told with its reason. */
async function launch(pool: Pool, store: PoolStore, options: LaunchOptions, signal: AbortSignal): Promise<boolean> {
  const told: TimelineEntry[] = [];
  const tell = (entry: TimelineEntry) => {
    if (entry.kind === "wait") return;
    told.push(entry);
    printEntry(pool.name, entry, options.json);
  };
  const how = { holder: whoAmI(), forceStart: options.force === true, only: filling, tell };
  const considered = await whenFree(pool, () => look(pool, store, how, signal), signal);
  printPlan(pool.name, considered, options.json, new Set());
  return told.every(({ result }) => result === "done");
}
