import { awsName, ec2Hosts, type HostPlace, logicalName, type PoolPlace } from "../names.ts";
import type { AlertSettings, Ec2MacImageSettings, Ec2MacPoolSettings } from "../settings.ts";

/** The CloudWatch namespace of everything that a fleet's Macs report. */
export const metricNamespace = "MacRunnerFleet";

/** Seconds between two reports of a Mac. Three in a row may get lost before the shortest alarm notices. */
export const heartbeatSeconds = 60;

/** A dedicated host to declare. */
export interface PlannedHost extends HostPlace {
  /** Its name within the Pulumi program. */
  logicalName: string;
  tags: Record<string, string>;
}

/** A CloudWatch alarm to declare, in the terms of PutMetricAlarm. */
export interface PlannedAlarm {
  /** What it watches, for its name: `silent`. */
  purpose: string;
  /** What happened and what to do, for the person who is woken by it. */
  description: string;
  metricName: string;
  statistic: "Minimum" | "Maximum" | "SampleCount";
  comparisonOperator: "LessThanThreshold" | "GreaterThanThreshold";
  threshold: number;
  periodSeconds: number;
  evaluationPeriods: number;
  treatMissingData: "breaching" | "notBreaching";
}

/** A statement of an IAM policy. */
export interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string;
  Condition?: Record<string, Record<string, string>>;
}

/** Everything that is decided about an EC2 Mac pool before anything is declared. */
export interface Ec2MacPoolPlan {
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
  const own = { ...fleetTags, "mac-runner-fleet:pool": pool.name, purpose: place.stack };
  return {
    hosts: ec2Hosts(pool).map((host) => ({
      ...host,
      logicalName: logicalName(pool.name, host.name),
      tags: { ...own, Name: host.name, [poolReadyTag]: "true", automation: "false" },
    })),
    imageId: image.ami ?? `resolve:ssm:${image.ssmParameter}`,
    instanceTags: { ...own, [poolReadyTag]: "true", automation: "true" },
    sharedTags: { ...own, Name: awsName("launchTemplate", place) },
    alarms: planAlarms(pool, alerts),
    logGroupName: `/mac-runner-fleet/${awsName("logGroup", place)}`,
  };
}

function planAlarms(pool: Ec2MacPoolSettings, alerts: AlertSettings): PlannedAlarm[] {
  const minutes = (count: number) => ({ periodSeconds: 300, evaluationPeriods: Math.ceil(count / 5) });
  return [
    {
      purpose: "silent",
      description: `Fewer than ${pool.floor} Macs of pool ${pool.name} have reported for ${alerts.silentMinutes} minutes. See them with: fleet status`,
      metricName: "Heartbeat",
      statistic: "SampleCount",
      comparisonOperator: "LessThanThreshold",
      // Half a Mac below the floor, so that a late report or two do not ring.
      threshold: (pool.floor - 0.5) * (300 / heartbeatSeconds),
      ...minutes(alerts.silentMinutes),
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

/** What an instance may do besides what Session Manager needs: report its metrics and ship its logs. Nothing else. */
export function instancePolicy(logGroupArn: string): { Version: string; Statement: PolicyStatement[] } {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ReportMetrics",
        Effect: "Allow",
        Action: ["cloudwatch:PutMetricData"],
        Resource: "*",
        Condition: { StringEquals: { "cloudwatch:namespace": metricNamespace } },
      },
      {
        Sid: "ShipLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: `${logGroupArn}:*`,
      },
    ],
  };
}
