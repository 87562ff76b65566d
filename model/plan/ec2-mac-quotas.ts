import { mostHosts } from "../names.ts";
import { type MacTypeName, macTypes } from "../settings/mac-types.ts";
import type { PoolSettings } from "../settings.ts";

/** A quota that the hosts of a fleet count against. */
export interface NeededQuota {
  region: string;
  instanceType: MacTypeName;
  /** Its code in the service `ec2`. */
  quotaCode: string;
  /** The most hosts that the fleet may have in that region. */
  hosts: number;
  pools: string[];
}

/** The quotas for dedicated hosts that the pools need: one for each kind of Mac and region. */
export function neededQuotas(pools: readonly PoolSettings[]): NeededQuota[] {
  const ec2 = pools.filter((pool) => pool.kind === "ec2-mac");
  const groups = Map.groupBy(ec2, ({ region, instanceType }) => `${region} ${instanceType}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    return {
      region: first.region,
      instanceType: first.instanceType,
      quotaCode: macTypes[first.instanceType].quotaCode,
      hosts: group.reduce((sum, pool) => sum + mostHosts(pool), 0),
      pools: group.map((pool) => pool.name),
    };
  });
}

/** Where it is, what was found, what is needed and what to type; undefined when the quota suffices. */
export function quotaProblem(quota: NeededQuota, applied: number): string | undefined {
  const { region, instanceType, quotaCode, hosts, pools } = quota;
  if (applied >= hosts) return undefined;
  const family = instanceType.replace(/\.metal$/, "");
  return [
    `${pools.length === 1 ? "Pool" : "Pools"} ${pools.join(", ")}: the account may have ${applied} dedicated ${family} hosts in ${region}.`,
    `  The settings ask for ${hosts} there. Hosts of other programs count too.`,
    `  Ask for "Running Dedicated ${family} Hosts", ${hosts} or more; AWS answers within hours or days:`,
    `  aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${quotaCode} --desired-value ${hosts}`,
  ].join("\n");
}
