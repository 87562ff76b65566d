import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { serviceCall } from "../aws/service-call.ts";

/** What subscribers of a topic get. */
export interface Message {
  topicArn: string;
  /** At most 100 ASCII characters in one line. */
  subject: string;
  text: string;
}

/** Sends a message to whoever has subscribed to a topic. */
export async function publish(client: SNSClient, message: Message, signal?: AbortSignal): Promise<void> {
  const { topicArn, subject, text } = message;
  const command = new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text });
  await serviceCall(`publish to ${topicArn}`, { NotFound: "not-found" }, signal, (options) =>
    client.send(command, options),
  );
}
