import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { serviceConfig } from "../../drivers/aws/service-call.ts";
import { ec2Client } from "../../drivers/ec2/client.ts";

/** What the functions talk to AWS with. */
export interface AwsClients {
  ec2: EC2Client;
  ssm: SSMClient;
  scheduler: SchedulerClient;
  dynamo: DynamoDBClient;
  cloudwatch: CloudWatchClient;
  sns: SNSClient;
}

/** Clients of one region, with the function's own role. */
export function awsClients(region: string): AwsClients {
  const config = serviceConfig(region);
  return {
    ec2: ec2Client({ region }),
    ssm: new SSMClient(config),
    scheduler: new SchedulerClient(config),
    dynamo: new DynamoDBClient(config),
    cloudwatch: new CloudWatchClient(config),
    sns: new SNSClient(config),
  };
}
