import {
  type ComparisonOperator,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  type StandardUnit,
  type Statistic,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import type { Failure, PropertyTable } from "../../shared/properties.ts";
import { defineResource } from "../../shared/provider.ts";
import type { Properties } from "../../shared/wire.ts";
import { cloudwatch } from "../clients.ts";
import {
  arnProperty,
  autoName,
  exclusive,
  ignoredProperties,
  notStoodIn,
  regionOf,
  regionProperty,
  sameSet,
  type Tags,
  tagChanges,
  tagList,
  tagOutputs,
  tagProperties,
  vendorCall,
} from "../vendor.ts";

interface Inputs {
  actionsEnabled: boolean;
  alarmActions?: string[] | undefined;
  alarmDescription?: string | undefined;
  comparisonOperator: string;
  datapointsToAlarm?: number | undefined;
  dimensions?: Record<string, string> | undefined;
  evaluateLowSampleCountPercentiles?: string | undefined;
  evaluationPeriods: number;
  extendedStatistic?: string | undefined;
  insufficientDataActions?: string[] | undefined;
  metricName: string;
  name: string;
  namespace?: string | undefined;
  okActions?: string[] | undefined;
  period?: number | undefined;
  region?: string | undefined;
  statistic?: string | undefined;
  tags?: Tags | undefined;
  threshold?: number | undefined;
  treatMissingData: string;
  unit?: string | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  tagsAll: Tags;
}

const notOnOneMetric = [
  "evaluationCriteria",
  "evaluationInterval",
  "metricQueries",
  "thresholdMetricId",
  "warmUpConfiguration",
];
const comparisonOperators = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanThreshold",
  "LessThanOrEqualToThreshold",
];

const properties: PropertyTable = {
  ...regionProperty,
  ...tagProperties,
  ...arnProperty,
  ...ignoredProperties(notOnOneMetric),
  name: { type: "string", computed: true, replaces: true },
  actionsEnabled: { type: "boolean", default: true },
  alarmActions: { type: "array", same: sameSet },
  alarmDescription: { type: "string" },
  comparisonOperator: { type: "string", oneOf: comparisonOperators },
  datapointsToAlarm: { type: "number" },
  dimensions: { type: "object" },
  evaluateLowSampleCountPercentiles: { type: "string", computed: true, oneOf: ["evaluate", "ignore"] },
  evaluationPeriods: { type: "number" },
  extendedStatistic: { type: "string" },
  insufficientDataActions: { type: "array", same: sameSet },
  metricName: { type: "string" },
  namespace: { type: "string" },
  okActions: { type: "array", same: sameSet },
  period: { type: "number" },
  statistic: { type: "string", oneOf: ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] },
  threshold: { type: "number" },
  treatMissingData: { type: "string", default: "missing", oneOf: ["missing", "ignore", "breaching", "notBreaching"] },
  unit: { type: "string" },
};

/** An alarm on one metric; its id is its name. Alarms on expressions are refused. */
export const metricAlarm = defineResource<Inputs, Outputs>({
  token: "aws:cloudwatch/metricAlarm:MetricAlarm",
  properties,
  settle: autoName(255),
  rules: (inputs) => [
    ...exclusive(inputs, ["statistic", "extendedStatistic"], { needsOne: true }),
    ...needed(inputs, ["comparisonOperator", "evaluationPeriods", "metricName", "namespace", "period"]),
    ...notStoodIn(inputs, notOnOneMetric),
  ],

  async create(inputs) {
    await put(inputs, inputs.tags);
    return { id: inputs.name, outs: await existing(inputs.name, inputs) };
  },

  async read(id, state) {
    const alarm = await find(id, state.region);
    return alarm && outputs(alarm, state);
  },

  async update(id, olds, news) {
    await put(news, undefined);
    await changeTags(olds, news);
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = cloudwatch(region).send(new DeleteAlarmsCommand({ AlarmNames: [id] }));
    await vendorCall(`deleting CloudWatch Metric Alarm (${id})`, "CloudWatch: DeleteAlarms", sent);
  },
});

/** An existing alarm is overwritten whole; tags are taken only at the first time. */
async function put(inputs: Inputs, tags: Tags | undefined): Promise<void> {
  const command = new PutMetricAlarmCommand({
    AlarmName: inputs.name,
    ActionsEnabled: inputs.actionsEnabled,
    AlarmActions: inputs.alarmActions ?? [],
    AlarmDescription: inputs.alarmDescription,
    ComparisonOperator: inputs.comparisonOperator as ComparisonOperator,
    DatapointsToAlarm: inputs.datapointsToAlarm,
    Dimensions: Object.entries(inputs.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
    EvaluateLowSampleCountPercentile: inputs.evaluateLowSampleCountPercentiles,
    EvaluationPeriods: inputs.evaluationPeriods,
    ExtendedStatistic: inputs.extendedStatistic,
    InsufficientDataActions: inputs.insufficientDataActions ?? [],
    MetricName: inputs.metricName,
    Namespace: inputs.namespace,
    OKActions: inputs.okActions ?? [],
    Period: inputs.period,
    Statistic: inputs.statistic as Statistic | undefined,
    Threshold: inputs.threshold ?? 0,
    TreatMissingData: inputs.treatMissingData,
    Unit: inputs.unit as StandardUnit | undefined,
    ...(tags ? { Tags: tagList(tags) } : {}),
  });
  const doing = `creating CloudWatch Metric Alarm (${inputs.name})`;
  await vendorCall(doing, "CloudWatch: PutMetricAlarm", cloudwatch(inputs.region).send(command));
}

async function changeTags(olds: Outputs, news: Inputs): Promise<void> {
  const { set, removed } = tagChanges(olds.tagsAll, news.tags);
  const client = cloudwatch(news.region);
  const doing = `updating tags for CloudWatch resource (${olds.arn})`;
  if (removed.length > 0) {
    const command = new UntagResourceCommand({ ResourceARN: olds.arn, TagKeys: removed });
    await vendorCall(doing, "CloudWatch: UntagResource", client.send(command));
  }
  if (Object.keys(set).length > 0) {
    const command = new TagResourceCommand({ ResourceARN: olds.arn, Tags: tagList(set) });
    await vendorCall(doing, "CloudWatch: TagResource", client.send(command));
  }
}

interface Found extends MetricAlarm {
  tags: { Key?: string; Value?: string }[];
}

async function find(id: string, region: string | undefined): Promise<Found | undefined> {
  const client = cloudwatch(region);
  const doing = `reading CloudWatch Metric Alarm (${id})`;
  const command = new DescribeAlarmsCommand({ AlarmNames: [id], AlarmTypes: ["MetricAlarm"] });
  const { MetricAlarms = [] } = await vendorCall(doing, "CloudWatch: DescribeAlarms", client.send(command));
  const alarm = MetricAlarms[0];
  if (!alarm) return undefined;
  const listing = new ListTagsForResourceCommand({ ResourceARN: alarm.AlarmArn });
  const { Tags = [] } = await vendorCall(doing, "CloudWatch: ListTagsForResource", client.send(listing));
  return { ...alarm, tags: Tags as { Key?: string; Value?: string }[] };
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const alarm = await find(id, asked.region);
  if (!alarm) throw new Error(`reading CloudWatch Metric Alarm (${id}): couldn't find resource`);
  return outputs(alarm, asked);
}

function outputs(alarm: Found, asked: Partial<Inputs>): Outputs {
  const dimensions = (alarm.Dimensions ?? []).map(({ Name = "", Value = "" }): [string, string] => [Name, Value]);
  return {
    region: regionOf(asked.region),
    arn: alarm.AlarmArn ?? "",
    name: alarm.AlarmName ?? "",
    actionsEnabled: alarm.ActionsEnabled ?? true,
    alarmActions: filled(alarm.AlarmActions, asked.alarmActions),
    alarmDescription: alarm.AlarmDescription || undefined,
    comparisonOperator: alarm.ComparisonOperator ?? "",
    datapointsToAlarm: alarm.DatapointsToAlarm,
    dimensions: dimensions.length > 0 || asked.dimensions ? Object.fromEntries(dimensions) : undefined,
    evaluateLowSampleCountPercentiles: alarm.EvaluateLowSampleCountPercentile || undefined,
    evaluationPeriods: alarm.EvaluationPeriods ?? 0,
    extendedStatistic: alarm.ExtendedStatistic || undefined,
    insufficientDataActions: filled(alarm.InsufficientDataActions, asked.insufficientDataActions),
    metricName: alarm.MetricName ?? "",
    namespace: alarm.Namespace,
    okActions: filled(alarm.OKActions, asked.okActions),
    period: alarm.Period,
    statistic: alarm.Statistic || undefined,
    threshold: alarm.Threshold,
    treatMissingData: alarm.TreatMissingData || "missing",
    unit: alarm.Unit || undefined,
    ...tagOutputs(alarm.tags, asked.tags),
  };
}

/** A list that is empty on both sides counts the way the program wrote it. */
function filled(found: string[] | undefined, asked: string[] | undefined): string[] | undefined {
  return found && (found.length > 0 || asked !== undefined) ? found : undefined;
}

function needed(inputs: Properties, names: readonly string[]): Failure[] {
  const missing = names.filter((name) => inputs[name] === undefined);
  return missing.map((property) => ({ property, reason: `"${property}" must be given for an alarm on a metric` }));
}
