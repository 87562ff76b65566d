import { EC2Client } from "@aws-sdk/client-ec2";

/** IAM's names of what a command needs, where they are not just the command's own. */
const needs: Readonly<Record<string, readonly string[]>> = {
  // Tags that are given with an order.
  "ec2:AllocateHosts": ["ec2:AllocateHosts", "ec2:CreateTags"],
  // The launch template's instance profile is a role that is passed on.
  "ec2:RunInstances": ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
  "ssm:PutParameter": ["ssm:PutParameter", "ssm:AddTagsToResource"],
  "scheduler:CreateSchedule": ["scheduler:CreateSchedule", "iam:PassRole"],
  "scheduler:UpdateSchedule": ["scheduler:UpdateSchedule", "iam:PassRole"],
  "iam:CreateRole": ["iam:CreateRole", "iam:TagRole"],
  "iam:AddRoleToInstanceProfile": ["iam:AddRoleToInstanceProfile", "iam:PassRole"],
  "lambda:CreateFunction": ["lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"],
  "s3:DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
  "s3:HeadBucket": ["s3:ListBucket"],
  "s3:HeadObject": ["s3:GetObject"],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  "s3:ListObjectVersions": ["s3:ListBucketVersions"],
  "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
  "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
  "s3:DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
};

const services: Readonly<Record<string, string>> = { cloudwatchlogs: "logs" };

const partsOfTransaction: Readonly<Record<string, string>> = {
  Put: "dynamodb:PutItem",
  Update: "dynamodb:UpdateItem",
  ConditionCheck: "dynamodb:ConditionCheckItem",
};

/** The IAM actions that a command needs. The names are those of the SDK's classes, `EC2Client` for instance. */
export function actionsOf(clientName: string, commandName: string, input: object): readonly string[] {
  const client = clientName.replace(/Client$/, "").toLowerCase();
  const action = `${services[client] ?? client}:${commandName.replace(/Command$/, "")}`;
  // EC2 looks the image's parameter up for whoever asks.
  if ("ResolveAlias" in input && input.ResolveAlias) return [action, "ssm:GetParameters"];
  if (action !== "dynamodb:TransactWriteItems") return needs[action] ?? [action];
  const { TransactItems = [] } = input as { TransactItems?: object[] };
  return TransactItems.flatMap((item) => Object.keys(item).map((part) => partsOfTransaction[part] ?? part));
}

interface Sender {
  config: { endpoint?: () => Promise<{ port?: number }> };
  send(command: { input: object }, ...more: unknown[]): unknown;
}

/** What all clients of the AWS SDK have in common. */
const everyClient: Sender = Object.getPrototypeOf(EC2Client.prototype);

/** What was used of AWS, until it is stopped. */
export interface Watch {
  actions: Set<string>;
  stop(): void;
}

/** Notes which IAM actions all AWS clients of this process need, whoever made them; the simulated AWS's own are left out. */
export function watchAws(ofSimulator: { motoUrl: string }): Watch {
  const actions = new Set<string>();
  const { send } = everyClient;
  const motoPort = Number(new URL(ofSimulator.motoUrl).port);
  everyClient.send = async function (this: Sender, command, ...more) {
    if ((await this.config.endpoint?.())?.port !== motoPort)
      for (const action of actionsOf(this.constructor.name, command.constructor.name, command.input))
        actions.add(action);
    return send.call(this, command, ...more);
  };
  return {
    actions,
    stop() {
      everyClient.send = send;
    },
  };
}
