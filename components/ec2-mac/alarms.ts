import { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import type * as pulumi from "@pulumi/pulumi";
import { awsName, fleetId } from "../../model/names.ts";
import { type Ec2MacPoolPlan, metricNamespace } from "../../model/plan/ec2-mac.ts";
import type { NotifySettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";

/** Declares the pool's alarms, and a topic for them where somebody wants to be told. */
export function createAlarms(scope: PoolScope, plan: Ec2MacPoolPlan, notify: NotifySettings): void {
  const { name, place, pool, parent } = scope;
  const tags = { ...plan.sharedTags, ...scope.mark };
  const actions = notify.emails.length > 0 ? [createTopic(scope, tags, notify).arn] : [];
  for (const alarm of plan.alarms)
    new MetricAlarm(
      `${name}-${alarm.purpose}`,
      {
        region: pool.region,
        name: awsName("alarm", place, alarm.purpose),
        alarmDescription: alarm.description,
        namespace: metricNamespace,
        metricName: alarm.metricName,
        dimensions: { Fleet: fleetId(place), Pool: pool.name },
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
    );
}

/** One topic for each pool, because an alarm can only tell a topic of its own region. */
function createTopic(scope: PoolScope, tags: Record<string, pulumi.Input<string>>, notify: NotifySettings): Topic {
  const { name, place, pool, parent } = scope;
  const topic = new Topic(`${name}-topic`, { region: pool.region, name: awsName("topic", place), tags }, { parent });
  for (const email of notify.emails)
    new TopicSubscription(
      `${name}-tell-${email}`,
      { region: pool.region, topic: topic.arn, protocol: "email", endpoint: email },
      { parent },
    );
  return topic;
}
