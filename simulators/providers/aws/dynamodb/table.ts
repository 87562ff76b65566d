import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { defineResource } from "../../shared/provider.ts";
import { dynamodb } from "../clients.ts";
import {
  arnProperty,
  changeTags,
  ignoredProperties,
  mustExist,
  notStoodIn,
  regionOf,
  regionProperty,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface Attribute {
  name: string;
  type: "S" | "N" | "B";
}

interface Inputs {
  attributes: Attribute[];
  billingMode: string;
  deletionProtectionEnabled: boolean;
  hashKey: string;
  name: string;
  pointInTimeRecovery?: { enabled?: boolean } | undefined;
  rangeKey?: string | undefined;
  region?: string | undefined;
  tags?: Tags | undefined;
  ttl?: { attributeName?: string; enabled?: boolean } | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  tagsAll: Tags;
}

const gone = ["ResourceNotFoundException"];
const unused = [
  "globalSecondaryIndexes",
  "globalTableWitness",
  "importTable",
  "localSecondaryIndexes",
  "onDemandThroughput",
  "readCapacity",
  "replicas",
  "restoreBackupArn",
  "restoreDateTime",
  "restoreSourceName",
  "restoreSourceTableArn",
  "restoreToLatestTime",
  "serverSideEncryption",
  "streamEnabled",
  "streamViewType",
  "tableClass",
  "warmThroughput",
  "writeCapacity",
];

/** A table that is paid by the request, without indexes; its id is its name. */
export const table = defineResource<Inputs, Outputs>({
  token: "aws:dynamodb/table:Table",
  properties: {
    ...regionProperty,
    ...tagProperties,
    ...arnProperty,
    ...ignoredProperties(unused),
    attributes: {
      type: "array",
      required: true,
      fields: { name: { type: "string", required: true }, type: { type: "string", required: true } },
    },
    billingMode: { type: "string", required: true, oneOf: ["PAY_PER_REQUEST"] },
    deletionProtectionEnabled: { type: "boolean", default: false },
    hashKey: { type: "string", required: true, replaces: true },
    name: { type: "string", required: true, replaces: true },
    pointInTimeRecovery: { type: "object", computed: true, fields: { enabled: { type: "boolean" } } },
    rangeKey: { type: "string", replaces: true },
    ttl: {
      type: "object",
      computed: true,
      fields: { attributeName: { type: "string" }, enabled: { type: "boolean" } },
    },
  },
  deleteBeforeReplace: true,
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    const { name, hashKey, rangeKey, region } = inputs;
    const command = new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: inputs.attributes.map((each) => ({ AttributeName: each.name, AttributeType: each.type })),
      KeySchema: [
        { AttributeName: hashKey, KeyType: "HASH" },
        ...(rangeKey ? [{ AttributeName: rangeKey, KeyType: "RANGE" as const }] : []),
      ],
      DeletionProtectionEnabled: inputs.deletionProtectionEnabled,
      ...(inputs.tags ? { Tags: tagList(inputs.tags) } : {}),
    });
    const client = dynamodb(region);
    await vendorCall(`creating DynamoDB Table (${name})`, "DynamoDB: CreateTable", client.send(command));
    await waitUntilTableExists({ client, maxWaitTime: 120 }, { TableName: name });
    if (inputs.ttl?.enabled) await setTtl(name, inputs);
    if (inputs.pointInTimeRecovery?.enabled) await setRecovery(name, inputs);
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    if (olds.ttl?.enabled !== news.ttl?.enabled) await setTtl(id, news);
    if (olds.pointInTimeRecovery?.enabled !== news.pointInTimeRecovery?.enabled) await setRecovery(id, news);
    const client = dynamodb(news.region);
    await changeTags(olds.tagsAll, news.tags, {
      tag: (tags) => client.send(new TagResourceCommand({ ResourceArn: olds.arn, Tags: tags })),
      untag: (TagKeys) => client.send(new UntagResourceCommand({ ResourceArn: olds.arn, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = dynamodb(region).send(new DeleteTableCommand({ TableName: id }));
    await unlessGone(gone, vendorCall(`deleting DynamoDB Table (${id})`, "DynamoDB: DeleteTable", sent));
  },
});

async function setTtl(TableName: string, { region, ttl }: Inputs): Promise<void> {
  const TimeToLiveSpecification = { AttributeName: ttl?.attributeName ?? "", Enabled: ttl?.enabled ?? false };
  const command = new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification });
  const doing = `updating DynamoDB Table (${TableName}) Time To Live`;
  await vendorCall(doing, "DynamoDB: UpdateTimeToLive", dynamodb(region).send(command));
}

async function setRecovery(TableName: string, { region, pointInTimeRecovery }: Inputs): Promise<void> {
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: pointInTimeRecovery?.enabled ?? false };
  const command = new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification });
  const doing = `updating DynamoDB Table (${TableName}) Point-in-Time Recovery`;
  await vendorCall(doing, "DynamoDB: UpdateContinuousBackups", dynamodb(region).send(command));
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const client = dynamodb(asked.region);
  const sent = client.send(new DescribeTableCommand({ TableName: id }));
  const answer = await unlessGone(gone, vendorCall(`reading DynamoDB Table (${id})`, "DynamoDB: DescribeTable", sent));
  const found = answer?.Table;
  if (!found) return undefined;
  const { Tags: tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn: found.TableArn }));
  const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: id }));
  const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName: id }));
  const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
  const key = (kind: string) => found.KeySchema?.find(({ KeyType }) => KeyType === kind)?.AttributeName;
  const { TimeToLiveStatus: status, AttributeName: attributeName } = ttl.TimeToLiveDescription ?? {};
  return {
    region: regionOf(asked.region),
    arn: found.TableArn ?? "",
    name: found.TableName ?? "",
    attributes: (found.AttributeDefinitions ?? []).map(({ AttributeName = "", AttributeType = "S" }) => ({
      name: AttributeName,
      type: AttributeType as Attribute["type"],
    })),
    billingMode: found.BillingModeSummary?.BillingMode ?? "PROVISIONED",
    deletionProtectionEnabled: found.DeletionProtectionEnabled ?? false,
    hashKey: key("HASH") ?? "",
    pointInTimeRecovery: { enabled: recovery === "ENABLED" },
    rangeKey: key("RANGE"),
    ttl: attributeName ? { attributeName, enabled: status === "ENABLED" || status === "ENABLING" } : undefined,
    ...tagOutputs(tags as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`DynamoDB Table (${id})`, find(id, asked));
}
