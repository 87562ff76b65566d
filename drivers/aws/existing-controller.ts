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

/** The clients of the services that a pool's controller is made of. */
export interface ControllerClients {
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
  s3: S3Client;
  scheduler: SchedulerClient;
  ssm: SSMClient;
}

/** Makes the clients for a region. */
export function controllerClients(options: ReturnType<typeof serviceConfig>): ControllerClients {
  return {
    dynamodb: new DynamoDBClient(options),
    lambda: new LambdaClient(options),
    // An endpoint of one's own, as the simulator's, has one host name for all buckets.
    s3: new S3Client({ ...options, forcePathStyle: true }),
    scheduler: new SchedulerClient(options),
    ssm: new SSMClient(options),
  };
}

type Finder = (clients: ControllerClients, inputs: PlannedInputs) => Promise<string | undefined>;

/**
 * Finders for what cannot be made twice. Objects, policies and dashboards can: making one again overwrites it. Schedules
 * carry no tags; one is ours when it calls what the inputs say.
 */
export const controllerFinders: Readonly<Record<string, Finder>> = {
  "aws:s3/bucket:Bucket": async ({ s3 }, inputs) => {
    const Bucket = text.safeParse(inputs.bucket).data;
    if (!Bucket) return undefined;
    const found = await unlessMissing(s3.send(new GetBucketTaggingCommand({ Bucket })));
    return hasMark(inputs, fromList(found?.TagSet)) ? Bucket : undefined;
  },
  "aws:dynamodb/table:Table": async ({ dynamodb }, inputs) => {
    const TableName = nameOf(inputs);
    const found = await unlessMissing(dynamodb.send(new DescribeTableCommand({ TableName })));
    if (!found) return undefined;
    const { Tags } = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: found.Table?.TableArn }));
    return hasMark(inputs, fromList(Tags)) ? TableName : undefined;
  },
  "aws:lambda/function:Function": async ({ lambda }, inputs) => {
    const FunctionName = nameOf(inputs);
    const found = await unlessMissing(lambda.send(new GetFunctionCommand({ FunctionName })));
    return hasMark(inputs, found?.Tags ?? {}) ? FunctionName : undefined;
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": async ({ scheduler }, inputs) => {
    const Name = nameOf(inputs);
    const found = await unlessMissing(scheduler.send(new GetScheduleGroupCommand({ Name })));
    if (!found) return undefined;
    const { Tags } = await scheduler.send(new ListGroupTagsCommand({ ResourceArn: found.Arn }));
    return hasMark(inputs, fromList(Tags)) ? Name : undefined;
  },
  "aws:scheduler/schedule:Schedule": async ({ scheduler }, inputs) => {
    const Name = nameOf(inputs);
    const GroupName = text.safeParse(inputs.groupName).data ?? "default";
    const target = z.object({ arn: text }).safeParse(inputs.target).data;
    const found = await unlessMissing(scheduler.send(new GetScheduleCommand({ Name, GroupName })));
    return found && found.Target?.Arn === target?.arn ? `${GroupName}/${Name}` : undefined;
  },
  "aws:ssm/parameter:Parameter": async ({ ssm }, inputs) => {
    const name = text.safeParse(inputs.name).data;
    if (!name) return undefined;
    const command = new ListParameterTagsCommand({ ResourceType: "Parameter", ResourceId: name });
    const found = await unlessMissing(ssm.send(command));
    return hasMark(inputs, fromList(found?.TagList)) ? name : undefined;
  },
};
