import { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import type * as pulumi from "@pulumi/pulumi";
import { type Ec2MacPoolPlan, poolReadyTag } from "../../model/plan/ec2-mac.ts";
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
        {
          parent,
          protect: pool.protect,
          // A host cannot move: when the zones in the settings change, new hosts go by them and leased ones stay. And
          // whoever takes a host out of service by its tag must not find it back in after the next deployment.
          ignoreChanges: ["availabilityZone", `tags["${poolReadyTag}"]`],
        },
      ),
  );
  new HostMaintenance(
    `${name}-host-maintenance`,
    { region: pool.region, hostIds: hosts.map((host) => host.id), hostMaintenance: "off", fleetId },
    { parent },
  );
  return hosts;
}
