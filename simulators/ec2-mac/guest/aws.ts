import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeReplaceRootVolumeTasksCommand, DescribeTagsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DeleteParameterCommand, GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { SimInstance } from "../state.ts";
import { readOptions } from "./aws-options.ts";
import { formatAnswer } from "./aws-output.ts";
import { type Credentials, RoleCredentials } from "./credentials.ts";
import type { Answer } from "./messages.ts";

/** How the AWS command line ends. Source: its page on return codes. */
const EXIT = { usage: 252, noCredentials: 253, service: 254, copy: 1 } as const;

/** One command with its options, and whose it is. */
interface Command {
  region: string;
  endpoint: string;
  credentials: Credentials;
  words: readonly string[];
  options: ReadonlyMap<string, string[]>;
}

/** The `aws` of the simulated Macs, as far as they use it. It runs outside, with the credentials of the instance. */
export class AwsCommands {
  readonly #url: string;
  readonly #credentials: RoleCredentials;

  constructor({ url }: { url: string }) {
    this.#url = url;
    this.#credentials = new RoleCredentials(url);
  }

  /** Runs one command line, without the word `aws`. */
  async run(instance: SimInstance, args: readonly string[]): Promise<Answer> {
    const { words, options } = readOptions(args);
    const perform = COMMANDS[words.slice(0, 2).join(" ")];
    if (!perform) return failure(EXIT.usage, `aws: error: argument command: Invalid choice: ${words.join(" ")}`);
    let credentials: Credentials;
    try {
      credentials = await this.#credentials.of(instance);
    } catch (error) {
      return failure(EXIT.noCredentials, (error as Error).message);
    }
    const region = options.get("region")?.[0] ?? instance.region;
    try {
      return await perform({ region, endpoint: this.#url, credentials, words, options });
    } catch (error) {
      const { name, message } = error as Error;
      const operation = pascalCase(words[1] ?? "");
      return failure(EXIT.service, `An error occurred (${name}) when calling the ${operation} operation: ${message}`);
    }
  }

  /** See {@link RoleCredentials.roleOf}. */
  roleOf(instance: SimInstance): Promise<string | undefined> {
    return this.#credentials.roleOf(instance);
  }

  /** See {@link RoleCredentials.of}. */
  credentialsOf(instance: SimInstance): Promise<Credentials> {
    return this.#credentials.of(instance);
  }

  /** Lets go of connections. */
  close(): void {
    this.#credentials.close();
  }
}

const COMMANDS: Readonly<Record<string, (command: Command) => Promise<Answer>>> = {
  "s3 cp": copy,
  async "ssm get-parameter"(command) {
    const input = { Name: option(command, "name"), WithDecryption: command.options.has("with-decryption") };
    const { Parameter } = await using(new SSMClient(settings(command)), (ssm) =>
      ssm.send(new GetParameterCommand(input)),
    );
    return answer(command, { Parameter });
  },
  async "ssm delete-parameter"(command) {
    const input = { Name: option(command, "name") };
    await using(new SSMClient(settings(command)), (ssm) => ssm.send(new DeleteParameterCommand(input)));
    return success("");
  },
  async "cloudwatch put-metric-data"(command) {
    const input = {
      Namespace: option(command, "namespace"),
      MetricData: JSON.parse(option(command, "metric-data") ?? "[]"),
    };
    await using(new CloudWatchClient(settings(command)), (it) => it.send(new PutMetricDataCommand(input)));
    return success("");
  },
  async "ec2 describe-replace-root-volume-tasks"(command) {
    const input = { Filters: filters(command) };
    const { ReplaceRootVolumeTasks } = await using(new EC2Client(settings(command)), (ec2) =>
      ec2.send(new DescribeReplaceRootVolumeTasksCommand(input)),
    );
    // AWS tells whole seconds.
    const whole = (time: string | undefined) => time?.replace(/\.\d+Z$/, "Z");
    return answer(command, {
      ReplaceRootVolumeTasks: ReplaceRootVolumeTasks?.map((task) => ({
        ...task,
        StartTime: whole(task.StartTime),
        CompleteTime: whole(task.CompleteTime),
      })),
    });
  },
  async "ec2 describe-tags"(command) {
    const input = { Filters: filters(command) };
    const { Tags } = await using(new EC2Client(settings(command)), (ec2) => ec2.send(new DescribeTagsCommand(input)));
    return answer(command, { Tags });
  },
};

/** From the bucket to a file or to the output (`-`). Into the bucket nothing goes. */
async function copy(command: Command): Promise<Answer> {
  const [, , from = "", to = ""] = command.words;
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(from) ?? [];
  if (!Bucket || !Key) return failure(EXIT.usage, "aws: error: only copies from S3 are simulated");
  try {
    const { Body } = await using(new S3Client({ ...settings(command), forcePathStyle: true }), async (s3) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return { Body: await got.Body?.transformToByteArray() };
    });
    const output = Buffer.from(Body ?? []).toString("base64");
    return to === "-" ? { status: 0, output } : { status: 0, output, file: to };
  } catch (error) {
    const { name, message } = error as Error;
    return failure(
      EXIT.copy,
      `download failed: ${from} to ${to} An error occurred (${name}) when calling the GetObject operation: ${message}`,
    );
  }
}

async function using<Client extends { destroy(): void }, Result>(
  client: Client,
  act: (client: Client) => Promise<Result>,
): Promise<Result> {
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

function settings({ region, endpoint, credentials }: Command) {
  return { region, endpoint, credentials, maxAttempts: 1 };
}

/** `Name=instance-id,Values=i-1,i-2`, any number of times. */
function filters({ options }: Command) {
  return (options.get("filters") ?? []).map((filter) => {
    const [, Name = "", values = ""] = /^Name=([^,]+),Values=(.*)$/.exec(filter) ?? [];
    return { Name, Values: values.split(",") };
  });
}

function option({ options }: Command, name: string): string | undefined {
  return options.get(name)?.[0];
}

function answer(command: Command, value: object): Answer {
  return success(formatAnswer(value, option(command, "query"), option(command, "output") ?? "json"));
}

function success(text: string): Answer {
  return { status: 0, output: Buffer.from(text).toString("base64") };
}

function failure(status: number, text: string): Answer {
  return { status, output: "", errors: `\n${text}\n` };
}

function pascalCase(words: string): string {
  return words.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());
}
