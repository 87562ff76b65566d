import { DescribeTableCommand, DynamoDBClient, ListTagsOfResourceCommand } from "@aws-sdk/client-dynamodb";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import {
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListTagsForResourceCommand as ListGroupTagsCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { GetParameterCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import { fromList, hasMark, nameOf, type PlannedInputs, text, unlessMissing } from "./planned.ts";

/** Finds one kind of thing in a region. */
type Finder = (region: string, inputs: PlannedInputs) => Promise<string | undefined>;

/**
 * How to find the parts of a pool's controller. Parts that a second creation merely writes again (objects, policies of
 * buckets and roles, dashboards) need no finder. Schedules carry no tags; they belong to their group.
 */
export function managedFinders(): Readonly<Record<string, Finder>> {
  return {
    "aws:dynamodb/table:Table": findTable,
    "aws:lambda/function:Function": findFunction,
    "aws:s3/bucket:Bucket": findBucket,
    "aws:scheduler/scheduleGroup:ScheduleGroup": findScheduleGroup,
    "aws:scheduler/schedule:Schedule": findSchedule,
    "aws:ssm/parameter:Parameter": findParameter,
  };
}

async function findTable(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const dynamodb = new DynamoDBClient({ region });
  const found = await unlessMissing(dynamodb.send(new DescribeTableCommand({ TableName: nameOf(inputs) })));
  if (!found?.Table?.TableArn) return undefined;
  const { Tags } = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: found.Table.TableArn }));
  return hasMark(inputs, fromList(Tags)) ? found.Table.TableName : undefined;
}

async function findFunction(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const lambda = new LambdaClient({ region });
  const found = await unlessMissing(lambda.send(new GetFunctionCommand({ FunctionName: nameOf(inputs) })));
  return hasMark(inputs, found?.Tags ?? {}) ? found?.Configuration?.FunctionName : undefined;
}

async function findBucket(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const name = text.safeParse(inputs.bucket).data;
  if (!name) return undefined;
  const s3 = new S3Client({ region });
  try {
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: name }));
    return hasMark(inputs, fromList(TagSet)) ? name : undefined;
  } catch (error) {
    // Names of buckets are shared with the whole world: somebody else's says "access denied".
    if (error instanceof Error && ["NoSuchBucket", "NoSuchTagSet", "AccessDenied"].includes(error.name))
      return undefined;
    throw error;
  }
}

async function findScheduleGroup(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const scheduler = new SchedulerClient({ region });
  const found = await unlessMissing(scheduler.send(new GetScheduleGroupCommand({ Name: nameOf(inputs) })));
  if (!found?.Arn) return undefined;
  const { Tags } = await scheduler.send(new ListGroupTagsCommand({ ResourceArn: found.Arn }));
  return hasMark(inputs, fromList(Tags)) ? found.Name : undefined;
}

async function findSchedule(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const GroupName = text.safeParse(inputs.groupName).data;
  if (!GroupName) return undefined;
  const command = new GetScheduleCommand({ GroupName, Name: nameOf(inputs) });
  const found = await unlessMissing(new SchedulerClient({ region }).send(command));
  return found && `${GroupName}/${found.Name}`;
}

async function findParameter(region: string, inputs: PlannedInputs): Promise<string | undefined> {
  const ssm = new SSMClient({ region });
  const Name = nameOf(inputs);
  // Without decryption: only whether it is there matters.
  if (!(await unlessMissing(ssm.send(new GetParameterCommand({ Name }))))) return undefined;
  const { TagList } = await ssm.send(new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: Name }));
  return hasMark(inputs, fromList(TagList)) ? Name : undefined;
}
