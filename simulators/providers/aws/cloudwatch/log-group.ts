import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  type LogGroupClass,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { defineResource } from "../../shared/provider.ts";
import { logs } from "../clients.ts";
import {
  arnProperty,
  autoName,
  exclusive,
  nameOf,
  nameProperties,
  notStoodIn,
  regionOf,
  regionProperty,
  type Tags,
  tagChanges,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface Inputs {
  logGroupClass?: string | undefined;
  name?: string | undefined;
  namePrefix?: string | undefined;
  region?: string | undefined;
  retentionInDays: number;
  skipDestroy: boolean;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  tagsAll: Tags;
}

const retentionDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const unused = ["kmsKeyId", "deletionProtectionEnabled"];

/** A log group. Its id is its name; 0 days of retention means for ever. */
export const logGroup = defineResource<Inputs, Outputs>({
  token: "aws:cloudwatch/logGroup:LogGroup",
  properties: {
    ...regionProperty,
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    deletionProtectionEnabled: { type: "boolean", computed: true },
    kmsKeyId: { type: "string" },
    logGroupClass: {
      type: "string",
      computed: true,
      replaces: true,
      oneOf: ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
    },
    retentionInDays: { type: "number", default: 0, oneOf: retentionDays },
    skipDestroy: { type: "boolean", default: false },
  },
  settle: autoName(512),
  rules: (inputs) => [...exclusive(inputs, ["name", "namePrefix"]), ...notStoodIn(inputs, unused)],

  async create(inputs) {
    const name = nameOf(inputs);
    const command = new CreateLogGroupCommand({
      logGroupName: name,
      ...(inputs.tags ? { tags: inputs.tags } : {}),
      ...(inputs.logGroupClass ? { logGroupClass: inputs.logGroupClass as LogGroupClass } : {}),
    });
    const doing = `creating CloudWatch Logs Log Group (${name})`;
    await vendorCall(doing, "CloudWatch Logs: CreateLogGroup", logs(inputs.region).send(command));
    if (inputs.retentionInDays > 0) await setRetention(name, inputs);
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    const group = await find(id, state.region);
    return group && outputs(group, state);
  },

  async update(id, olds, news) {
    if (olds.retentionInDays !== news.retentionInDays) await setRetention(id, news);
    await changeTags(olds, news);
    return existing(id, news);
  },

  async delete(id, { region, skipDestroy }) {
    if (skipDestroy) return;
    const sent = logs(region).send(new DeleteLogGroupCommand({ logGroupName: id }));
    const doing = `deleting CloudWatch Logs Log Group (${id})`;
    await unlessGone(["ResourceNotFoundException"], vendorCall(doing, "CloudWatch Logs: DeleteLogGroup", sent));
  },
});

async function setRetention(logGroupName: string, { region, retentionInDays }: Inputs): Promise<void> {
  const doing = `setting CloudWatch Logs Log Group (${logGroupName}) retention policy`;
  if (retentionInDays === 0) {
    const command = new DeleteRetentionPolicyCommand({ logGroupName });
    await vendorCall(doing, "CloudWatch Logs: DeleteRetentionPolicy", logs(region).send(command));
  } else {
    const command = new PutRetentionPolicyCommand({ logGroupName, retentionInDays });
    await vendorCall(doing, "CloudWatch Logs: PutRetentionPolicy", logs(region).send(command));
  }
}

async function changeTags(olds: Outputs, news: Inputs): Promise<void> {
  const { set, removed } = tagChanges(olds.tagsAll, news.tags);
  const client = logs(news.region);
  const doing = `updating tags for CloudWatch Logs resource (${olds.arn})`;
  if (removed.length > 0) {
    const command = new UntagResourceCommand({ resourceArn: olds.arn, tagKeys: removed });
    await vendorCall(doing, "CloudWatch Logs: UntagResource", client.send(command));
  }
  if (Object.keys(set).length > 0) {
    const command = new TagResourceCommand({ resourceArn: olds.arn, tags: set });
    await vendorCall(doing, "CloudWatch Logs: TagResource", client.send(command));
  }
}

interface Found extends LogGroup {
  tags: Tags;
}

/** The API finds log groups by the beginning of their names only. */
async function find(id: string, region: string | undefined): Promise<Found | undefined> {
  const client = logs(region);
  const doing = `reading CloudWatch Logs Log Group (${id})`;
  const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: id });
  const { logGroups = [] } = await vendorCall(doing, "CloudWatch Logs: DescribeLogGroups", client.send(command));
  const group = logGroups.find(({ logGroupName }) => logGroupName === id);
  if (!group) return undefined;
  const listing = new ListTagsForResourceCommand({ resourceArn: plainArn(group) });
  const { tags = {} } = await vendorCall(doing, "CloudWatch Logs: ListTagsForResource", client.send(listing));
  return { ...group, tags };
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const group = await find(id, asked.region);
  if (!group) throw new Error(`reading CloudWatch Logs Log Group (${id}): couldn't find resource`);
  return outputs(group, asked);
}

function outputs(group: Found, asked: Partial<Inputs>): Outputs {
  return {
    region: regionOf(asked.region),
    name: group.logGroupName ?? "",
    namePrefix: asked.namePrefix,
    arn: plainArn(group),
    logGroupClass: group.logGroupClass ?? "STANDARD",
    retentionInDays: group.retentionInDays ?? 0,
    skipDestroy: asked.skipDestroy ?? false,
    ...tagOutputs(tagList(group.tags), asked.tags),
  };
}

/** The service adds `:*` for the streams inside; the vendor's `arn` is without. */
function plainArn(group: LogGroup): string {
  return (group.arn ?? "").replace(/:\*$/, "");
}
