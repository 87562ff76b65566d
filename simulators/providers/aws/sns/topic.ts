import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  SetTopicAttributesCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import { defineResource } from "../../shared/provider.ts";
import { sns } from "../clients.ts";
import {
  arnProperty,
  autoName,
  changeTags,
  exclusive,
  ignoredProperties,
  nameOf,
  nameProperties,
  notStoodIn,
  regionOf,
  regionProperty,
  sameJson,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface Inputs {
  displayName?: string | undefined;
  fifoTopic: boolean;
  kmsMasterKeyId?: string | undefined;
  name?: string | undefined;
  namePrefix?: string | undefined;
  policy?: string | undefined;
  region?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  beginningArchiveTime: string;
  owner: string;
  tagsAll: Tags;
}

/** The topic's attributes that can be set, by property. */
const ATTRIBUTES = { displayName: "DisplayName", kmsMasterKeyId: "KmsMasterKeyId", policy: "Policy" } as const;

const feedbackProperties = ["application", "firehose", "http", "lambda", "sqs"].flatMap((protocol) => [
  `${protocol}FailureFeedbackRoleArn`,
  `${protocol}SuccessFeedbackRoleArn`,
  `${protocol}SuccessFeedbackSampleRate`,
]);
const unused = [
  ...feedbackProperties,
  "archivePolicy",
  "contentBasedDeduplication",
  "deliveryPolicy",
  "fifoThroughputScope",
  "signatureVersion",
  "tracingConfig",
];

/** A topic; its id is its ARN. */
export const topic = defineResource<Inputs, Outputs>({
  token: "aws:sns/topic:Topic",
  properties: {
    ...regionProperty,
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    ...ignoredProperties(unused),
    beginningArchiveTime: { type: "string", output: true },
    displayName: { type: "string" },
    fifoTopic: { type: "boolean", default: false, replaces: true },
    kmsMasterKeyId: { type: "string" },
    owner: { type: "string", output: true },
    policy: { type: "string", computed: true, same: sameJson },
  },
  settle: autoName(256),
  rules: (inputs) => [...exclusive(inputs, ["name", "namePrefix"]), ...notStoodIn(inputs, unused)],

  async create(inputs) {
    const name = nameOf(inputs);
    const command = new CreateTopicCommand({
      Name: name,
      ...(inputs.fifoTopic ? { Attributes: { FifoTopic: "true" } } : {}),
      ...(inputs.tags ? { Tags: tagList(inputs.tags) } : {}),
    });
    const doing = `creating SNS Topic (${name})`;
    const { TopicArn = "" } = await vendorCall(doing, "SNS: CreateTopic", sns(inputs.region).send(command));
    await setAttributes(TopicArn, {}, inputs);
    return { id: TopicArn, outs: await existing(TopicArn, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    await setAttributes(id, olds, news);
    await changeTags(olds.tagsAll, news.tags, {
      tag: (Tags) => sns(news.region).send(new TagResourceCommand({ ResourceArn: id, Tags })),
      untag: (TagKeys) => sns(news.region).send(new UntagResourceCommand({ ResourceArn: id, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = sns(region).send(new DeleteTopicCommand({ TopicArn: id }));
    await unlessGone(["NotFoundException"], vendorCall(`deleting SNS Topic (${id})`, "SNS: DeleteTopic", sent));
  },
});

async function setAttributes(id: string, olds: Partial<Inputs>, news: Inputs): Promise<void> {
  for (const [property, AttributeName] of Object.entries(ATTRIBUTES)) {
    const key = property as keyof typeof ATTRIBUTES;
    if (news[key] === olds[key] || (key === "policy" && news.policy === undefined)) continue;
    const command = new SetTopicAttributesCommand({ TopicArn: id, AttributeName, AttributeValue: news[key] ?? "" });
    await vendorCall(
      `setting SNS Topic (${id}) ${AttributeName}`,
      "SNS: SetTopicAttributes",
      sns(news.region).send(command),
    );
  }
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const client = sns(asked.region);
  const reading = vendorCall(
    `reading SNS Topic (${id})`,
    "SNS: GetTopicAttributes",
    client.send(new GetTopicAttributesCommand({ TopicArn: id })),
  );
  const attributes = (await unlessGone(["NotFoundException"], reading))?.Attributes;
  if (!attributes) return undefined;
  const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceArn: id }));
  return {
    region: regionOf(asked.region),
    arn: id,
    beginningArchiveTime: attributes.BeginningArchiveTime ?? "",
    name: id.split(":").at(-1) ?? "",
    namePrefix: asked.namePrefix,
    owner: attributes.Owner ?? "",
    displayName: attributes.DisplayName || undefined,
    fifoTopic: attributes.FifoTopic === "true",
    kmsMasterKeyId: attributes.KmsMasterKeyId || undefined,
    policy: attributes.Policy,
    ...tagOutputs(Tags as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const found = await find(id, asked);
  if (!found) throw new Error(`reading SNS Topic (${id}): couldn't find resource`);
  return found;
}
