import { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import type { Topic } from "@pulumi/aws/sns/topic.js";
import { awsName, fleetId } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { metricNamespace } from "../../model/plan/ec2-mac-alarms.ts";
import type { PoolScope } from "./scope.ts";

/** Declares the pool's alarms. They tell the topic, if there is one. */
export function createAlarms(scope: PoolScope, plan: Ec2MacPoolPlan, topic: Topic | undefined): MetricAlarm[] {
  const { name, place, pool, parent, tags } = scope;
  const actions = topic ? [topic.arn] : [];
  return plan.alarms.map(
    (alarm) =>
      new MetricAlarm(
        `${name}-${alarm.purpose}`,
        {
          region: pool.region,
          name: awsName("alarm", place, alarm.purpose),
          alarmDescription: alarm.description,
          metricName: alarm.metricName,
          ...(alarm.ofFunction
            ? { namespace: "AWS/Lambda", dimensions: { FunctionName: awsName("function", place, alarm.ofFunction) } }
            : { namespace: metricNamespace, dimensions: { Fleet: fleetId(place), Pool: pool.name } }),
          statistic: alarm.statistic,
          period: alarm.periodSeconds,
          evaluationPeriods: alarm.evaluationPeriods,
          threshold: alarm.threshold,
          comparisonOperator: alarm.comparisonOperator,
          treatMissingData: alarm.treatMissingData,
          alarmActions: actions,
          okActions: actions,
          tags,
        },
        { parent },
      ),
  );
}
