import { awsName, ec2Hosts, type HostPlace, logicalName, type PoolPlace, poolTag } from "../names.ts";
import type { AlertSettings, Ec2MacImageSettings, Ec2MacPoolSettings } from "../settings.ts";
import { type PlannedAlarm, planAlarms } from "./ec2-mac-alarms.ts";

/** A dedicated host that the pool may have. */
export interface PlannedHost extends HostPlace {
  /** True where the pool always has it; another is ordered and given back by the controller, as demand wants. */
  standing: boolean;
  /** Its name within the Pulumi program. */
  logicalName: string;
  tags: Record<string, string>;
}

/** Everything that is decided about an EC2 Mac pool before anything is declared. */
export interface Ec2MacPoolPlan {
  /** Those that it always has come first. */
  hosts: PlannedHost[];
  /** The AMI's id, or where EC2 finds it at each launch. */
  imageId: string;
  /** On each instance and volume that is launched from the template. */
  instanceTags: Record<string, string>;
  /** On the pool's shared parts. */
  sharedTags: Record<string, string>;
  alarms: PlannedAlarm[];
  logGroupName: string;
}

/** The tags by which the reference pool's tools know their hosts and instances; `PWPoolReady` takes one out of every loop. */
export const poolReadyTag = "PWPoolReady";

/** Decides names, zones, tags and alarms of an EC2 Mac pool. Pure. */
export function planEc2MacPool(
  place: PoolPlace,
  pool: Ec2MacPoolSettings,
  image: Ec2MacImageSettings,
  alerts: AlertSettings,
  fleetTags: Readonly<Record<string, string>>,
): Ec2MacPoolPlan {
  const own = { ...fleetTags, [poolTag]: pool.name, purpose: place.stack };
  return {
    hosts: ec2Hosts(pool).map((host, index) => ({
      ...host,
      standing: index < pool.hosts,
      logicalName: logicalName(pool.name, host.name),
      tags: { ...own, Name: host.name, [poolReadyTag]: "true", automation: "false" },
    })),
    imageId: image.ami ?? `resolve:ssm:${image.ssmParameter}`,
    instanceTags: { ...own, [poolReadyTag]: "true", automation: "true" },
    sharedTags: { ...own, Name: awsName("launchTemplate", place) },
    alarms: planAlarms(pool, alerts, place.stack),
    logGroupName: `/mac-runner-fleet/${awsName("logGroup", place)}`,
  };
}
