import { type PoolOptions, withPools } from "./access.ts";
import { printEntry } from "./lines.ts";

interface TimelineOptions extends PoolOptions {
  last: number;
}

/** `fleet pool timeline`: what was decided and done, oldest first, and why. */
export async function showTimeline(
  signal: AbortSignal,
  hostName: string | undefined,
  options: TimelineOptions,
): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    for (const pool of pools) {
      const entries = await pool.store.timeline(pool.id, { hostName, limit: options.last });
      if (entries.length === 0 && !options.json) console.log(nothingYet(pool.name, hostName));
      for (const entry of entries) printEntry(pool.name, entry, options.json);
    }
    return 0;
  });
}

function nothingYet(pool: string, hostName: string | undefined): string {
  return hostName ? `${pool}: nothing is written about a host ${hostName}` : `${pool}: nothing has been decided yet`;
}
