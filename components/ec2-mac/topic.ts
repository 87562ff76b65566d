import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import { awsName } from "../../model/names.ts";
import type { NotifySettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";

/** Declares a topic where somebody wants to be told; one for each pool, as an alarm can only tell one of its own region. */
export function createTopic(scope: PoolScope, notify: NotifySettings): Topic | undefined {
  if (notify.emails.length === 0) return undefined;
  const { name, place, pool, parent, tags } = scope;
  const topic = new Topic(`${name}-topic`, { region: pool.region, name: awsName("topic", place), tags }, { parent });
  for (const email of notify.emails)
    new TopicSubscription(
      `${name}-tell-${email}`,
      { region: pool.region, topic: topic.arn, protocol: "email", endpoint: email },
      { parent },
    );
  return topic;
}
