import {
  GetSubscriptionAttributesCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { defineResource } from "../../shared/provider.ts";
import { sns } from "../clients.ts";
import {
  arnProperty,
  ignoredProperties,
  notStoodIn,
  regionOf,
  regionProperty,
  sameJson,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface Inputs {
  confirmationTimeoutInMinutes: number;
  endpoint: string;
  endpointAutoConfirms: boolean;
  filterPolicy?: string | undefined;
  protocol: string;
  rawMessageDelivery: boolean;
  region?: string | undefined;
  topic: string;
}

interface Outputs extends Inputs {
  arn: string;
  confirmationWasAuthenticated: boolean;
  ownerId: string;
  pendingConfirmation: boolean;
}

const protocols = ["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];
const unused = ["deliveryPolicy", "filterPolicyScope", "redrivePolicy", "replayPolicy", "subscriptionRoleArn"];

/** Somebody who is told what a topic hears; the id is the subscription's ARN, known before an e-mail is confirmed. */
export const topicSubscription = defineResource<Inputs, Outputs>({
  token: "aws:sns/topicSubscription:TopicSubscription",
  properties: {
    ...regionProperty,
    ...arnProperty,
    ...ignoredProperties(unused),
    confirmationTimeoutInMinutes: { type: "number", default: 1 },
    confirmationWasAuthenticated: { type: "boolean", output: true },
    endpoint: { type: "string", required: true, replaces: true },
    endpointAutoConfirms: { type: "boolean", default: false },
    filterPolicy: { type: "string", same: sameJson },
    ownerId: { type: "string", output: true },
    pendingConfirmation: { type: "boolean", output: true },
    protocol: { type: "string", required: true, replaces: true, oneOf: protocols },
    rawMessageDelivery: { type: "boolean", default: false },
    topic: { type: "string", required: true, replaces: true },
  },
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    const { topic: TopicArn, protocol: Protocol, endpoint: Endpoint } = inputs;
    const command = new SubscribeCommand({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true });
    const answer = await vendorCall(
      "creating SNS Topic Subscription",
      "SNS: Subscribe",
      sns(inputs.region).send(command),
    );
    const id = answer.SubscriptionArn ?? "";
    await setAttributes(id, { rawMessageDelivery: false }, inputs);
    return { id, outs: await existing(id, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    await setAttributes(id, olds, news);
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = sns(region).send(new UnsubscribeCommand({ SubscriptionArn: id }));
    await unlessGone(
      ["NotFoundException"],
      vendorCall(`deleting SNS Topic Subscription (${id})`, "SNS: Unsubscribe", sent),
    );
  },
});

async function setAttributes(id: string, olds: Partial<Inputs>, news: Inputs): Promise<void> {
  const set = async (AttributeName: string, AttributeValue: string) => {
    const command = new SetSubscriptionAttributesCommand({ SubscriptionArn: id, AttributeName, AttributeValue });
    const doing = `setting SNS Topic Subscription (${id}) ${AttributeName}`;
    await vendorCall(doing, "SNS: SetSubscriptionAttributes", sns(news.region).send(command));
  };
  if (olds.rawMessageDelivery !== news.rawMessageDelivery) {
    await set("RawMessageDelivery", String(news.rawMessageDelivery));
  }
  if (!sameJson(olds.filterPolicy, news.filterPolicy)) await set("FilterPolicy", news.filterPolicy ?? "{}");
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const sent = sns(asked.region).send(new GetSubscriptionAttributesCommand({ SubscriptionArn: id }));
  const reading = vendorCall(`reading SNS Topic Subscription (${id})`, "SNS: GetSubscriptionAttributes", sent);
  const found = (await unlessGone(["NotFoundException"], reading))?.Attributes;
  if (!found) return undefined;
  return {
    region: regionOf(asked.region),
    arn: id,
    confirmationTimeoutInMinutes: asked.confirmationTimeoutInMinutes ?? 1,
    confirmationWasAuthenticated: found.ConfirmationWasAuthenticated === "true",
    endpoint: found.Endpoint ?? "",
    endpointAutoConfirms: asked.endpointAutoConfirms ?? false,
    filterPolicy: found.FilterPolicy && found.FilterPolicy !== "{}" ? found.FilterPolicy : undefined,
    ownerId: found.Owner ?? "",
    pendingConfirmation: found.PendingConfirmation === "true",
    protocol: found.Protocol ?? "",
    rawMessageDelivery: found.RawMessageDelivery === "true",
    topic: found.TopicArn ?? "",
  };
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const found = await find(id, asked);
  if (!found) throw new Error(`reading SNS Topic Subscription (${id}): couldn't find resource`);
  return found;
}
