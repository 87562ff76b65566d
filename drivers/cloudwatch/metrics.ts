import { type CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { serviceCall } from "../aws/service-call.ts";

/** Numbers by metric name, all of one moment and with the same dimensions. */
export interface MetricSet {
  namespace: string;
  dimensions: Readonly<Record<string, string>>;
  values: Readonly<Record<string, number>>;
}

/** Puts metrics. Their time is the moment at which CloudWatch gets them. */
export async function putMetrics(client: CloudWatchClient, set: MetricSet, signal?: AbortSignal): Promise<void> {
  const Dimensions = Object.entries(set.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricData = Object.entries(set.values).map(([MetricName, Value]) => ({ MetricName, Value, Dimensions }));
  const command = new PutMetricDataCommand({ Namespace: set.namespace, MetricData });
  await serviceCall(`put metrics of ${set.namespace}`, {}, signal, (options) => client.send(command, options));
}
