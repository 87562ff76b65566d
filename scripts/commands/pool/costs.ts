import { consider } from "../../../controllers/pool/look.ts";
import { type HourlyPrices, keepOrRelease, type LedgerEntry, total } from "../../../model/ec2-mac/ledger.ts";
import { listPrices } from "../../../model/ec2-mac/prices.ts";
import { iso } from "../../../model/ec2-mac/words.ts";
import { formatTable } from "../../../model/table.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";

interface CostsOptions extends PoolOptions {
  /** Dollars for an hour, by type; others are as in the list. */
  price?: HourlyPrices;
}

const columns = ["pool", "host", "id", "type", "billed_h", "unbilled_h", "jobs", "usd", "usd_per_job"] as const;
const choices = ["release_from", "usd_until_then", "usd_to_keep_24h", "usd_to_return"] as const;

/** `fleet pool costs`: what each host and pool has cost and done, and what keeping or releasing a host would mean. */
export async function showCosts(signal: AbortSignal, options: CostsOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const prices = { ...listPrices, ...options.price };
    const rows = (await Promise.all(pools.map((pool) => costsOf(pool, prices, signal)))).flat();
    console.log(options.json ? JSON.stringify(rows, undefined, 2) : formatTable([...columns, ...choices], rows));
    return 0;
  });
}

type CostRow = ReturnType<typeof sums> & Partial<Record<(typeof choices)[number], string>>;

/** A row for each host that was ever accounted for, and one for the pool. */
async function costsOf(pool: OpenPool, prices: HourlyPrices, signal: AbortSignal): Promise<CostRow[]> {
  const { observed, policy, now } = await consider(pool, pool.store, false, signal);
  const ledger = await pool.store.ledger(pool.id);
  const there = new Map(
    observed.hosts.filter(({ state }) => !/^released/.test(state)).map((host) => [host.hostId, host]),
  );
  const rows = ledger.map((entry): CostRow => {
    const host = there.get(entry.hostId);
    const row = sums(pool.name, entry.hostName, entry.hostId, entry.instanceType, [entry], prices);
    if (!host) return { ...row, release_from: "released" };
    const choice = keepOrRelease(host, policy, prices, now);
    return {
      ...row,
      release_from: choice.releasableAt <= now ? "now" : iso(choice.releasableAt),
      usd_until_then: choice.boundDollars.toFixed(2),
      usd_to_keep_24h: choice.keepDollars.toFixed(2),
      usd_to_return: choice.returnDollars.toFixed(2),
    };
  });
  return [...rows, sums(pool.name, "all", "", "", ledger, prices)];
}

function sums(pool: string, host: string, id: string, type: string, ledger: LedgerEntry[], prices: HourlyPrices) {
  const { billedHours, unbilledHours, jobs, dollars, dollarsPerJob } = total(ledger, prices);
  return {
    pool,
    host,
    id,
    type,
    billed_h: billedHours.toFixed(1),
    unbilled_h: unbilledHours.toFixed(1),
    jobs: String(jobs),
    usd: dollars.toFixed(2),
    usd_per_job: dollarsPerJob?.toFixed(2) ?? "",
  };
}
