import { createHash } from "node:crypto";
import { policyDefaults } from "../../model/ec2-mac/policy.ts";
import type { Tags } from "../../model/ec2-mac/types.ts";
import { fleetMarkTag } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import type { Ec2MacPoolSettings } from "../../model/settings.ts";
import type { StandingPolicy } from "./pool.ts";

const hour = 3600;

/** The tags that prove that a host or an instance is this pool's. */
export function poolMark(fleetId: string, poolName: string): Tags {
  return { [fleetMarkTag]: fleetId, "mac-runner-fleet:pool": poolName };
}

/** What the settings of a pool mean to its controller. */
export function poolPolicy(pool: Ec2MacPoolSettings, plan: Ec2MacPoolPlan, fleetId: string): StandingPolicy {
  const { Name: _, ...hostTags } = plan.hosts[0]?.tags ?? {};
  // With as many Macs as the alarm asks for, none could ever be renewed: one may always be away for it.
  const floor = Math.min(pool.floor, pool.hosts - 1);
  return {
    ...policyDefaults,
    mark: poolMark(fleetId, pool.name),
    hosts: plan.hosts.map(({ name, zone }) => ({ name, zone })),
    hostTags,
    zones: pool.zones,
    instanceTypes: [pool.instanceType],
    seed: seedOf(`${fleetId}/${pool.name}`),
    floor,
    promisedReady: floor,
    ...livesWithin(pool.bootDeadlineHours * hour),
  };
}

/**
 * A Mac ends itself at its boot deadline, counted from its launch, whatever the controller thinks. So lives are over by
 * then, and a new root volume, which would not move that deadline, is no way around a scrub.
 */
function livesWithin(deadlineSeconds: number) {
  const softLifeSeconds = Math.min(policyDefaults.softLifeSeconds, deadlineSeconds / 2);
  return {
    softLifeSeconds,
    softLifeSpreadSeconds: Math.min(policyDefaults.softLifeSpreadSeconds, softLifeSeconds / 6),
    graceSeconds: Math.min(policyDefaults.graceSeconds, deadlineSeconds / 4),
    hardLifeSeconds: deadlineSeconds,
    fullScrubEverySeconds: Math.min(policyDefaults.fullScrubEverySeconds, deadlineSeconds),
  };
}

/** Always the same for the same pool, so that its soft lives do not depend on who computes them. */
function seedOf(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32BE(0);
}
