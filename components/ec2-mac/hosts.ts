import { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import { poolPolicy } from "../../controllers/pool/policy.ts";
import { type Ec2MacPoolPlan, type PlannedHost, poolReadyTag } from "../../model/plan/ec2-mac.ts";
import { HostLeases } from "./host-leases.ts";
import type { PoolScope } from "./scope.ts";

/** The hosts of a pool that the program declares, in the order of their names, and what gives all of them back. */
export interface DeclaredHosts {
  hosts: DedicatedHost[];
  leases: HostLeases;
}

/**
 * Declares the dedicated hosts. Nothing may place an instance on one by itself or move one elsewhere: which Mac runs
 * what is the pool's own business.
 */
export function createHosts(scope: PoolScope, plan: Ec2MacPoolPlan, declared: readonly PlannedHost[]): DeclaredHosts {
  const { name, pool, parent } = scope;
  const hosts = declared.map(
    (host) =>
      new DedicatedHost(
        host.logicalName,
        {
          region: pool.region,
          availabilityZone: host.zone,
          instanceType: pool.instanceType,
          autoPlacement: "off",
          hostRecovery: "off",
          tags: { ...host.tags, ...scope.mark },
        },
        {
          parent,
          protect: pool.protect,
          // AWS refuses to release a host in its first 24 hours or with an instance on it, and the vendor's resource
          // then fails. So Pulumi only forgets a host; the leases give it back.
          retainOnDelete: true,
          // The vendor's resource would have AWS change a host's type in place, which it does within an instance family
          // only (API reference, ModifyHosts), and each kind of Mac is a family of its own.
          replaceOnChanges: ["instanceType"],
          // A host cannot move: when the zones in the settings change, new hosts go by them and leased ones stay. And
          // whoever takes a host out of service by its tag must not find it back in after the next deployment.
          ignoreChanges: ["availabilityZone", `tags["${poolReadyTag}"]`],
        },
      ),
  );
  const leases = new HostLeases(
    `${name}-leases`,
    {
      region: pool.region,
      hostIds: hosts.map((host) => host.id),
      names: plan.hosts.map((host) => host.name),
      fleetId: scope.fleetId,
      pool: pool.name,
      hostMaintenance: "off",
      graceSeconds: poolPolicy(pool, plan, "").graceSeconds,
    },
    { parent },
  );
  return { hosts, leases };
}
