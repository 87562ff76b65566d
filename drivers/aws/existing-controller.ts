import { DescribeTableCommand, DynamoDBClient, ListTagsOfResourceCommand } from "@aws-sdk/client-dynamodb";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import {
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListTagsForResourceCommand as ListGroupTagsCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { ListTagsForResourceCommand as ListParameterTagsCommand, SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { fromList, hasMark, nameOf, type PlannedInputs, text, unlessMissing } from "./existing-inputs.ts";
import type { serviceConfig } from "./service-call.ts";

/** The clients of the services that a pool's controller is made of, and what each call is sent with. */
export interface ControllerClients {
  options: { abortSignal: AbortSignal };
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
  s3: S3Client;
  scheduler: SchedulerClient;
  ssm: SSMClient;
}

/** Makes the clients for a region; the signal ends their calls. */
export function controllerClients(
  config: ReturnType<typeof serviceConfig>,
  abortSignal: AbortSignal,
): ControllerClients {
  return {
    options: { abortSignal },
    dynamodb: new DynamoDBClient(config),
    lambda: new LambdaClient(config),
    // An endpoint of one's own, as the simulator's, has one host name for all buckets.
    s3: new S3Client({ ...config, forcePathStyle: true }),
    scheduler: new SchedulerClient(config),
    ssm: new SSMClient(config),
  };
}

type Finder = (clients: ControllerClients, inputs: PlannedInputs) => Promise<string | undefined>;

/**
 * Finders for what cannot be made twice. Objects, policies and dashboards can: making one again overwrites it. Schedules
 * carry no tags; one is ours when it calls what the inputs say.
 */
export const controllerFinders: Readonly<Record<string, Finder>> = {
  "aws:s3/bucket:Bucket": async ({ s3, options }, inputs) => {
    const Bucket = text.safeParse(inputs.bucket).data;
    if (!Bucket) return undefined;
    const found = await unlessMissing(s3.send(new GetBucketTaggingCommand({ Bucket }), options));
    return hasMark(inputs, fromList(found?.TagSet)) ? Bucket : undefined;
  },
  "aws:dynamodb/table:Table": async ({ dynamodb, options }, inputs) => {
    const TableName = nameOf(inputs);
    const found = await unlessMissing(dynamodb.send(new DescribeTableCommand({ TableName }), options));
    if (!found) return undefined;
    const { Tags } = await dynamodb.send(
      new ListTagsOfResourceCommand({ ResourceArn: found.Table?.TableArn }),
      options,
    );
    return hasMark(inputs, fromList(Tags)) ? TableName : undefined;
  },
  "aws:lambda/function:Function": async ({ lambda, options }, inputs) => {
    const FunctionName = nameOf(inputs);
    const found = await unlessMissing(lambda.send(new GetFunctionCommand({ FunctionName }), options));
    return hasMark(inputs, found?.Tags ?? {}) ? FunctionName : undefined;
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": async ({ scheduler, options }, inputs) => {
    const Name = nameOf(inputs);
    const found = await unlessMissing(scheduler.send(new GetScheduleGroupCommand({ Name }), options));
    if (!found) return undefined;
    const { Tags } = await scheduler.send(new ListGroupTagsCommand({ ResourceArn: found.Arn }), options);
    return hasMark(inputs, fromList(Tags)) ? Name : undefined;
  },
  "aws:scheduler/schedule:Schedule": async ({ scheduler, options }, inputs) => {
    const Name = nameOf(inputs);
    const GroupName = text.safeParse(inputs.groupName).data ?? "default";
    const target = z.object({ arn: text }).safeParse(inputs.target).data;
    const found = await unlessMissing(scheduler.send(new GetScheduleCommand({ Name, GroupName }), options));
    return found && found.Target?.Arn === target?.arn ? `${GroupName}/${Name}` : undefined;
  },
  "aws:ssm/parameter:Parameter": async ({ ssm, options }, inputs) => {
    const name = text.safeParse(inputs.name).data;
    if (!name) return undefined;
    const command = new ListParameterTagsCommand({ ResourceType: "Parameter", ResourceId: name });
    const found = await unlessMissing(ssm.send(command, options));
    return hasMark(inputs, fromList(found?.TagList)) ? name : undefined;
  },
};
