import { createHash } from "node:crypto";
import { poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { policyDefaults, type Sizing } from "../../model/ec2-mac/policy.ts";
import type { RecycleWay } from "../../model/ec2-mac/types.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { keptFloor } from "../../model/plan/ec2-mac-alarms.ts";
import type { Ec2MacPoolSettings } from "../../model/settings.ts";
import type { StandingPolicy } from "./pool.ts";

const minute = 60;
const hour = 3600;
const day = 24 * hour;

/** The block `policy` of a pool's settings, with all defaults. */
export interface PolicySettings {
  staggerHours: number;
  softLifeHours: number;
  softLifeSpreadHours: number;
  graceHours: number;
  hardLifeHours: number;
  sweepDays: number;
  maxJobs: number;
  minAlive: number;
  setUpLimitMinutes: number;
  launchLoopMinutes: number;
  setUpLoopMinutes: number;
  fullScrubDays: number;
  recycleBy: RecycleWay;
}

type SizingSettings = NonNullable<Ec2MacPoolSettings["sizing"]>;

/** What the settings of a pool say about its lives. */
export interface PolicySource {
  policy?: Partial<PolicySettings> | undefined;
  /** Types to take when the first has no capacity, in order. */
  alsoInstanceTypes?: readonly string[] | undefined;
}

/** What the settings of a pool mean to its controller. */
export function poolPolicy(
  pool: Ec2MacPoolSettings & PolicySource,
  plan: Ec2MacPoolPlan,
  fleetId: string,
): StandingPolicy {
  const { Name: _, ...hostTags } = plan.hosts[0]?.tags ?? {};
  const floor = keptFloor(pool);
  const settings = { ...defaultSettings, ...pool.policy };
  return {
    ...policyDefaults,
    mark: poolMark(fleetId, pool.name),
    hosts: plan.hosts.map(({ name, zone, standing }) => ({ name, zone, ...(standing && { standing }) })),
    hostTags,
    zones: pool.zones,
    instanceTypes: [pool.instanceType, ...(pool.alsoInstanceTypes ?? [])],
    seed: seedOf(`${fleetId}/${pool.name}`),
    floor,
    promisedReady: floor,
    ...(pool.sizing && { sizing: sizingOf(pool.hosts, pool.sizing) }),
    recycleBy: settings.recycleBy,
    maxJobs: settings.maxJobs,
    minAlive: settings.minAlive,
    staggerSeconds: settings.staggerHours * hour,
    sweepSeconds: settings.sweepDays * day,
    setUpLimitSeconds: settings.setUpLimitMinutes * minute,
    launchLoopSeconds: settings.launchLoopMinutes * minute,
    setUpLoopSeconds: settings.setUpLoopMinutes * minute,
    fullScrubEverySeconds: settings.fullScrubDays * day,
    ...livesOf(settings, pool.bootDeadlineHours * hour),
  };
}

function sizingOf(least: number, { maxHosts, spareDeviations, answeredPercent }: SizingSettings): Sizing {
  return { least, most: maxHosts, deviations: spareDeviations, answered: answeredPercent / 100 };
}

const defaultSettings: PolicySettings = {
  staggerHours: policyDefaults.staggerSeconds / hour,
  softLifeHours: policyDefaults.softLifeSeconds / hour,
  softLifeSpreadHours: policyDefaults.softLifeSpreadSeconds / hour,
  graceHours: policyDefaults.graceSeconds / hour,
  hardLifeHours: policyDefaults.hardLifeSeconds / hour,
  sweepDays: policyDefaults.sweepSeconds / day,
  maxJobs: policyDefaults.maxJobs,
  minAlive: policyDefaults.minAlive,
  setUpLimitMinutes: policyDefaults.setUpLimitSeconds / minute,
  launchLoopMinutes: policyDefaults.launchLoopSeconds / minute,
  setUpLoopMinutes: policyDefaults.setUpLoopSeconds / minute,
  fullScrubDays: policyDefaults.fullScrubEverySeconds / day,
  recycleBy: policyDefaults.recycleBy,
};

/**
 * A Mac ends itself at its boot deadline, in the middle of a job if need be, so its life is over by then, and its last job
 * too: where the settings leave no time for that, soft life, spread and grace are made to fit.
 */
function livesOf(settings: PolicySettings, deadlineSeconds: number) {
  const hardLifeSeconds = Math.min(settings.hardLifeHours * hour, deadlineSeconds);
  const softLifeSeconds = settings.softLifeHours * hour;
  const softLifeSpreadSeconds = settings.softLifeSpreadHours * hour;
  const graceSeconds = settings.graceHours * hour;
  const fit = Math.min(1, hardLifeSeconds / (softLifeSeconds + softLifeSpreadSeconds + graceSeconds));
  return {
    hardLifeSeconds,
    softLifeSeconds: Math.floor(softLifeSeconds * fit),
    softLifeSpreadSeconds: Math.floor(softLifeSpreadSeconds * fit),
    graceSeconds: Math.floor(graceSeconds * fit),
  };
}

/** Always the same for the same pool, so that its soft lives do not depend on who computes them. */
function seedOf(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32BE(0);
}
