import { isRegion } from "./aws-places.ts";
import type { ParsedBlocks } from "./schema.ts";
import type { Ec2MacPoolSettings, PoolSettings, Settings } from "./types.ts";

type ParsedPool = ParsedBlocks["pools"][number];

/** Fills in the defaults that depend on other settings. `awsRegion` has been checked where a pool needs it. */
export function settle(parsed: ParsedBlocks, awsRegion: string | undefined): Settings {
  return { ...parsed, pools: parsed.pools.map((pool) => settlePool(pool, awsRegion)) };
}

function settlePool(pool: ParsedPool, awsRegion: string | undefined): PoolSettings {
  return pool.kind === "ec2-mac" ? settleEc2MacPool(pool, awsRegion) : pool;
}

function settleEc2MacPool(
  pool: Extract<ParsedPool, { kind: "ec2-mac" }>,
  awsRegion: string | undefined,
): Ec2MacPoolSettings {
  const region = pool.region ?? awsRegion;
  if (region === undefined || !isRegion(region)) throw new TypeError(`pool ${pool.name} has no region`);
  return {
    ...pool,
    region,
    hostNamePrefix: pool.hostNamePrefix ?? pool.name,
    floor: pool.floor ?? Math.max(1, pool.hosts - 1),
  };
}
