import { type AwsClients, awsClients } from "../../../controllers/lambda/clients.ts";

/** IAM's name of what a command needs, where that is not the command's own name. */
const alsoNeeded: Readonly<Record<string, readonly string[]>> = {
  // Tags that are given with an order.
  AllocateHosts: ["ec2:AllocateHosts", "ec2:CreateTags"],
  // The launch template's instance profile is a role that is passed on.
  RunInstances: ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
  // EC2 looks the image's parameter up for whoever asks (`ResolveAlias`).
  DescribeLaunchTemplateVersions: ["ec2:DescribeLaunchTemplateVersions", "ssm:GetParameters"],
  PutParameter: ["ssm:PutParameter", "ssm:AddTagsToResource"],
  CreateSchedule: ["scheduler:CreateSchedule", "iam:PassRole"],
  UpdateSchedule: ["scheduler:UpdateSchedule", "iam:PassRole"],
};

const services: Readonly<Record<string, string>> = {
  EC2Client: "ec2",
  SSMClient: "ssm",
  SchedulerClient: "scheduler",
  DynamoDBClient: "dynamodb",
  CloudWatchClient: "cloudwatch",
  SNSClient: "sns",
};

const partsOfTransaction: Readonly<Record<string, string>> = {
  Put: "dynamodb:PutItem",
  Update: "dynamodb:UpdateItem",
  ConditionCheck: "dynamodb:ConditionCheckItem",
};

/** Notes which IAM actions the commands of some clients need. */
export class Recorder {
  readonly actions = new Set<string>();

  /** Clients as the functions make them; `region` has the simulated AWS. */
  clients(region: string): AwsClients {
    const clients = awsClients(region);
    for (const client of Object.values(clients) as Watchable[]) this.#watch(client);
    return clients;
  }

  #watch(client: Watchable): void {
    client.middlewareStack.add(
      (next, { clientName = "", commandName = "" }) =>
        (args) => {
          const name = commandName.replace(/Command$/, "");
          for (const action of actionsOf(services[clientName] ?? clientName, name, args.input))
            this.actions.add(action);
          return next(args);
        },
      { step: "initialize", name: "recorder" },
    );
  }
}

interface Watchable {
  middlewareStack: {
    add(
      middleware: (
        next: (args: { input: object }) => Promise<object>,
        context: { clientName?: string; commandName?: string },
      ) => (args: { input: object }) => Promise<object>,
      options: { step: "initialize"; name: string },
    ): void;
  };
}

function actionsOf(service: string, command: string, input: object): readonly string[] {
  if (command !== "TransactWriteItems") return alsoNeeded[command] ?? [`${service}:${command}`];
  const { TransactItems = [] } = input as { TransactItems?: object[] };
  return TransactItems.flatMap((item) => Object.keys(item).map((part) => partsOfTransaction[part] ?? part));
}
