import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";

const open = new Map<string, { destroy(): void }>();
let kinds = 0;

/** The region of the provider: `AWS_REGION` or `AWS_DEFAULT_REGION`, as the vendor's plugin has it without configuration. */
export function defaultRegion(): string {
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (!region) throw new Error("no region: give the resource one, or set AWS_REGION");
  return region;
}

/** Where the simulated AWS is. The stand-in spends no money: without an endpoint it refuses to call anything. */
export function endpoint(): string {
  const url = process.env.AWS_ENDPOINT_URL;
  if (!url)
    throw new Error("AWS_ENDPOINT_URL is not set, and this stand-in for the aws plugin never calls the real AWS");
  return url;
}

/** One EC2 client for each region. */
export const ec2 = perRegion((config) => new EC2Client(config));
/** One CloudWatch client for each region. */
export const cloudwatch = perRegion((config) => new CloudWatchClient(config));
/** One CloudWatch Logs client for each region. */
export const logs = perRegion((config) => new CloudWatchLogsClient(config));
/** One SNS client for each region. */
export const sns = perRegion((config) => new SNSClient(config));

/** One DynamoDB client for each region. */
export const dynamodb = perRegion((config) => new DynamoDBClient(config));
/** One Lambda client for each region. */
export const lambda = perRegion((config) => new LambdaClient(config));
/** One S3 client for each region. The simulator has one host name for all buckets. */
export const s3 = perRegion((config) => new S3Client({ ...config, forcePathStyle: true }));
/** One EventBridge Scheduler client for each region. */
export const scheduler = perRegion((config) => new SchedulerClient(config));
/** One Service Quotas client for each region. */
export const serviceQuotas = perRegion((config) => new ServiceQuotasClient(config));
/** One Systems Manager client for each region. */
export const ssm = perRegion((config) => new SSMClient(config));

const iamOf = perRegion((config) => new IAMClient(config));

/** IAM is the same in every region. */
export function iam(): IAMClient {
  return iamOf("us-east-1");
}

/** Closes all connections; a client asked for afterwards is a new one. */
export function closeClients(): void {
  for (const client of open.values()) client.destroy();
  open.clear();
}

interface ClientConfig {
  region: string;
  endpoint: string;
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number };
}

function perRegion<T extends { destroy(): void }>(
  create: (config: ClientConfig) => T,
): (region: string | undefined) => T {
  const kind = kinds++;
  return (given) => {
    const region = given ?? defaultRegion();
    const key = `${kind} ${region} ${endpoint()}`;
    const known = open.get(key) as T | undefined;
    if (known) return known;
    const requestHandler = { connectionTimeout: 5_000, requestTimeout: 60_000 };
    const client = create({ region, endpoint: endpoint(), maxAttempts: 3, requestHandler });
    open.set(key, client);
    return client;
  };
}
