import type { AlertSettings, Ec2MacPoolSettings } from "../settings.ts";

/** The CloudWatch namespace of everything that a fleet's Macs and controllers report. */
export const metricNamespace = "MacRunnerFleet";

/** Seconds between two reports of a Mac. Three in a row may get lost before the shortest alarm notices. */
export const heartbeatSeconds = 60;

/** A CloudWatch alarm to declare, in the terms of PutMetricAlarm. */
export interface PlannedAlarm {
  /** What it watches, for its name: `silent`. */
  purpose: string;
  /** What happened and what to do, for the person who is woken by it. */
  description: string;
  metricName: string;
  /** The metric is Lambda's own, of the pool's function of this purpose, and not one that the fleet reports. */
  ofFunction?: "sweeper";
  statistic: "Minimum" | "Maximum" | "SampleCount" | "Sum";
  comparisonOperator: "LessThanThreshold" | "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold";
  threshold: number;
  periodSeconds: number;
  evaluationPeriods: number;
  treatMissingData: "breaching" | "notBreaching";
}

/** Decides the alarms of a pool: on what its Macs report, on its sweeper, and on what its controller in AWS does. */
export function planAlarms(pool: Ec2MacPoolSettings, alerts: AlertSettings, stack: string): PlannedAlarm[] {
  return [
    ...macAlarms(pool, alerts, stack),
    ...sweeperAlarms(pool, stack),
    ...(pool.controller === "aws" ? controllerAlarms(pool, alerts, stack) : []),
  ];
}

/**
 * So many runners stay ready by the controller's own decisions: the pool's floor, or less where that would let no Mac ever be
 * made new, because one may always be away for it.
 */
export function keptFloor({ floor, hosts }: Pick<Ec2MacPoolSettings, "floor" | "hosts">): number {
  return Math.min(floor, hosts - 1);
}

/**
 * How long a pool's only Mac may be away: a job's last two hours and a new root volume, or the longest scrub that is known,
 * 4.5 hours, with the end before it, the boot and the set-up after it.
 */
const loneMacMinutes = 6 * 60;

/** Below how many, and for how long, an alarm on a pool's floor rings. Never for what its controller does by itself. */
function floorAlarm(pool: Ec2MacPoolSettings, least: number) {
  const floor = keptFloor(pool);
  return floor > 0 ? { floor, lasting: least } : { floor: 1, lasting: Math.max(least, loneMacMinutes) };
}

/** How often the controller in AWS is called, in minutes: as often as its most frequent look needs. */
export function lookMinutes({ policy }: Ec2MacPoolSettings): number {
  return Math.min(policy.launchLoopMinutes, policy.setUpLoopMinutes);
}

/** The condition has held for all of this time, in steps of five minutes. */
function minutes(count: number) {
  return { periodSeconds: 300, evaluationPeriods: Math.ceil(count / 5) };
}

function macAlarms(pool: Ec2MacPoolSettings, alerts: AlertSettings, stack: string): PlannedAlarm[] {
  const { floor, lasting } = floorAlarm(pool, alerts.silentMinutes);
  return [
    {
      purpose: "silent",
      description: `Fewer than ${floor} Macs of pool ${pool.name} have reported for ${lasting} minutes. See them with: scripts/fleet status --stack ${stack}`,
      metricName: "Heartbeat",
      statistic: "SampleCount",
      comparisonOperator: "LessThanThreshold",
      // Half a Mac below the floor, so that a late report or two do not ring.
      threshold: (floor - 0.5) * (300 / heartbeatSeconds),
      ...minutes(lasting),
      treatMissingData: "breaching",
    },
    {
      purpose: "disk",
      description: `The disk of a Mac of pool ${pool.name} is more than ${alerts.diskUsedPercent} % full. Its jobs will soon fail.`,
      metricName: "DiskUsedPercent",
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: alerts.diskUsedPercent,
      ...minutes(5),
      treatMissingData: "notBreaching",
    },
    {
      purpose: "memory",
      description: `A Mac of pool ${pool.name} uses more than ${alerts.memoryUsedPercent} % of its memory.`,
      metricName: "MemoryUsedPercent",
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: alerts.memoryUsedPercent,
      ...minutes(5),
      treatMissingData: "notBreaching",
    },
  ];
}

/** Called once a day, and two hours late at most. An alarm looks back for seven days at most (PutMetricAlarm, `Period`). */
const sweeperSilentHours = 26;

function sweeperAlarms(pool: Ec2MacPoolSettings, stack: string): PlannedAlarm[] {
  const byHand = `Sweep by hand with: scripts/fleet pool sweep --pool ${pool.name} --stack ${stack}`;
  return [
    {
      ...atLeast(
        "sweeper-failed",
        `The sweeper of pool ${pool.name} could not look, or not end an instance. The logs of its function tell why. ${byHand}`,
        {
          metricName: "Errors",
          statistic: "Sum",
          threshold: 1,
          periodSeconds: 3600,
          evaluationPeriods: 1,
        },
      ),
      ofFunction: "sweeper",
    },
    {
      purpose: "sweeper-silent",
      description: `The sweeper of pool ${pool.name} has not been called for ${sweeperSilentHours} hours. See its schedule. ${byHand}`,
      metricName: "Invocations",
      ofFunction: "sweeper",
      statistic: "Sum",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      periodSeconds: 3600,
      evaluationPeriods: sweeperSilentHours,
      treatMissingData: "breaching",
    },
  ];
}

function controllerAlarms(pool: Ec2MacPoolSettings, alerts: AlertSettings, stack: string): PlannedAlarm[] {
  const { floor, lasting } = floorAlarm(pool, alerts.belowFloorMinutes);
  const look = `See why with: scripts/fleet pool timeline --pool ${pool.name} --stack ${stack}`;
  // A look or two may get lost before somebody is woken.
  const silentMinutes = Math.max(alerts.controllerSilentMinutes, 3 * lookMinutes(pool));
  return [
    {
      purpose: "controller-silent",
      description: `The controller of pool ${pool.name} has not looked for ${silentMinutes} minutes. The logs of its function tell why.`,
      metricName: "ControllerLooks",
      statistic: "SampleCount",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      ...minutes(silentMinutes),
      treatMissingData: "breaching",
    },
    {
      purpose: "below-floor",
      description: `Fewer than ${floor} runners of pool ${pool.name} have been ready for ${lasting} minutes. ${look}`,
      metricName: "ReadyRunners",
      statistic: "Maximum",
      comparisonOperator: "LessThanThreshold",
      threshold: floor,
      ...minutes(lasting),
      // A silent controller has an alarm of its own.
      treatMissingData: "notBreaching",
    },
    atLeast(
      "host-failed",
      `${alerts.failedHosts} or more hosts of pool ${pool.name} have failed. The controller replaces them. ${look}`,
      { metricName: "HostsFailed", statistic: "Maximum", threshold: alerts.failedHosts, ...minutes(10) },
    ),
    atLeast(
      "scrub-overdue",
      `Scrubs of pool ${pool.name} have taken longer than they usually do for ${alerts.scrubOverdueMinutes} minutes. ${look}`,
      { metricName: "ScrubOverdue", statistic: "Minimum", threshold: 1, ...minutes(alerts.scrubOverdueMinutes) },
    ),
    atLeast(
      "launch-failures",
      `${alerts.launchFailures} or more launches of pool ${pool.name} have failed within an hour. ${look}`,
      {
        metricName: "LaunchFailures",
        statistic: "Sum",
        threshold: alerts.launchFailures,
        periodSeconds: 3600,
        evaluationPeriods: 1,
      },
    ),
    atLeast(
      "chores-failed",
      `Something beside the Macs of pool ${pool.name} has failed at each look of an hour: their credentials, their scheduled ends or the count of jobs. ${look}`,
      { metricName: "ChoresFailed", statistic: "Minimum", threshold: 1, periodSeconds: 3600, evaluationPeriods: 1 },
    ),
    atLeast(
      "lease-overdue",
      `A host of pool ${pool.name} is still paid for, ${alerts.leaseOverdueMinutes} minutes after it could have been given back. ${look}`,
      {
        metricName: "LeaseWaitOverdueSeconds",
        statistic: "Maximum",
        threshold: alerts.leaseOverdueMinutes * 60,
        ...minutes(5),
      },
    ),
    atLeast(
      "past-hard-limit",
      `An instance of pool ${pool.name} has been past its hard limit for ${alerts.pastHardLimitMinutes} minutes. ${look}`,
      {
        metricName: "InstancesPastHardLimit",
        statistic: "Minimum",
        threshold: 1,
        ...minutes(alerts.pastHardLimitMinutes),
      },
    ),
  ];
}

function atLeast(
  purpose: string,
  description: string,
  watched: Pick<PlannedAlarm, "metricName" | "statistic" | "threshold" | "periodSeconds" | "evaluationPeriods">,
): PlannedAlarm {
  return {
    purpose,
    description,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    treatMissingData: "notBreaching",
    ...watched,
  };
}
