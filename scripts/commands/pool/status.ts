import { consider } from "../../../controllers/pool/look.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { type HostStatus, poolStatus } from "../../../controllers/pool/status.ts";
import { dhStatus, pwStatus } from "../../../controllers/pool/status-files.ts";
import type { PoolStore } from "../../../controllers/pool/store.ts";
import { formatTable } from "../../../model/table.ts";
import { explain } from "../../explain.ts";
import { type PoolOptions, withPools } from "./access.ts";

interface StatusOptions extends PoolOptions {
  format: "table" | "dh" | "pw";
}

const columns = ["pool", "host", "zone", "state", "stage", "role", "machine", "age", "runner", "next"] as const;

/** `fleet pool status`: exit code 0, or 3 when a pool could not be looked at. Changes nothing. */
export async function showPools(signal: AbortSignal, options: StatusOptions): Promise<number> {
  return withPools(options, signal, async ({ pools, store }) => {
    if (options.format !== "table") return printFile(pools, store, options.format, signal);
    const rows: HostStatus[] = [];
    let exitCode = 0;
    for (const pool of pools) {
      try {
        rows.push(...poolStatus(pool.name, await consider(pool, store, false, signal)));
      } catch (error) {
        console.error(`Pool ${pool.name}: ${explain(error)}`);
        exitCode = 3;
      }
    }
    console.log(options.json ? JSON.stringify(rows, undefined, 2) : formatTable(columns, rows));
    return exitCode;
  });
}

async function printFile(pools: readonly Pool[], store: PoolStore, format: "dh" | "pw", signal: AbortSignal) {
  const [pool, ...others] = pools;
  if (!pool || others.length > 0)
    throw new Error(`A status file is one pool's.\n  Add --pool: ${pools.map(({ name }) => name).join(", ")}.`);
  const considered = await consider(pool, store, false, signal);
  console.log((format === "dh" ? dhStatus(considered) : pwStatus(considered)).trimEnd());
  return 0;
}
