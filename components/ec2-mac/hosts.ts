import { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { HostMaintenance } from "./host-maintenance.ts";
import type { PoolScope } from "./scope.ts";

/**
 * Declares the dedicated hosts. Nothing may place an instance on one by itself or move one elsewhere: which Mac runs
 * what is the pool's own business.
 */
export function createHosts(scope: PoolScope, plan: Ec2MacPoolPlan, fleetId: pulumi.Output<string>): DedicatedHost[] {
  const { name, pool, parent } = scope;
  const hosts = plan.hosts.map(
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
        // A host cannot move. When the zones in the settings change, new hosts go by them and leased ones stay.
        { parent, protect: pool.protect, ignoreChanges: ["availabilityZone"] },
      ),
  );
  new HostMaintenance(
    `${name}-host-maintenance`,
    { region: pool.region, hostIds: hosts.map((host) => host.id), hostMaintenance: "off", fleetId },
    { parent },
  );
  return hosts;
}
