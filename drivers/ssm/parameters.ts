import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type SSMClient,
  type Tag,
} from "@aws-sdk/client-ssm";
import { z } from "zod";
import { type ServiceKinds, serviceCall } from "../aws/service-call.ts";
import { allPages, parseAnswer } from "../ec2/call.ts";
import type { Tags } from "../ec2/tags.ts";
import { DriverError, isFailure } from "../errors.ts";

/** Error codes of the Systems Manager API reference. */
const kinds: ServiceKinds = {
  ParameterNotFound: "not-found",
  InvalidResourceId: "not-found",
  ParameterAlreadyExists: "already-exists",
  TooManyUpdates: "rate-limited",
  ParameterLimitExceeded: "quota-exceeded",
  ValidationException: "invalid-argument",
};

/** A secret to hand over. */
export interface SecretParameter {
  name: string;
  /** Goes into the parameter and nowhere else. */
  value: string;
  /** Whoever may list parameters can read it. */
  description: string;
  tags: Tags;
}

/** A parameter as a list shows it: never its value. */
export interface ListedParameter {
  name: string;
  description: string;
}

/** DeleteParameters takes this many names. */
const namesAtOnce = 10;
const standardLength = 4000;

/**
 * Stores a secret under a name, in place of what is there with the same tags. SSM takes tags only for a parameter that it
 * makes, and after a deletion asks for a wait of 30 seconds before the name is used again (API reference,
 * `DeleteParameter`), so nothing is deleted first.
 * @throws DriverError `not-ours` when a parameter of that name lacks one of the tags: its value stays as it is
 */
export async function putSecret(client: SSMClient, parameter: SecretParameter, signal?: AbortSignal): Promise<void> {
  const { name, value, description, tags } = parameter;
  const content = {
    Name: name,
    Value: value,
    Description: description,
    Type: "SecureString",
    // A configuration of a GitHub runner may be longer than a standard parameter, which holds 4 KB.
    Tier: value.length > standardLength ? "Advanced" : "Standard",
  } as const;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const put = (how: { Tags: Tag[] } | { Overwrite: true }) =>
    serviceCall(`store the parameter ${name}`, kinds, signal, (options) =>
      client.send(new PutParameterCommand({ ...content, ...how }), options),
    );
  try {
    await put({ Tags });
  } catch (error) {
    if (!isFailure(error, "already-exists")) throw error;
    await proveTags(client, name, tags, signal);
    const { Version } = await put({ Overwrite: true });
    // Its reader has taken it away meanwhile, so this one is new. Without tags nobody could read or replace it.
    if (Version === 1) await tagParameter(client, name, Tags, signal);
  }
}

async function tagParameter(client: SSMClient, name: string, Tags: Tag[], signal: AbortSignal | undefined) {
  const command = new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: name, Tags });
  await serviceCall(`tag the parameter ${name}`, kinds, signal, (options) => client.send(command, options));
}

const tagListSchema = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);

async function proveTags(client: SSMClient, name: string, tags: Tags, signal: AbortSignal | undefined): Promise<void> {
  const what = `read the tags of the parameter ${name}`;
  const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name });
  const answer = await serviceCall(what, kinds, signal, (options) => client.send(command, options));
  const found = new Map(parseAnswer(what, tagListSchema, answer.TagList).map(({ Key, Value }) => [Key, Value]));
  const wrong = Object.entries(tags).filter(([key, value]) => found.get(key) !== value);
  if (wrong.length === 0) return;
  const hint = `Its tags are not ${wrong.map(([key, value]) => `${key}=${value}`).join(", ")}. Delete it if it is nobody's.`;
  throw new DriverError(`the parameter ${name} is somebody else's`, { kind: "not-ours", hint });
}

/** Deletes parameters; those that are gone already stay so. */
export async function deleteParameters(
  client: SSMClient,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (let from = 0; from < names.length; from += namesAtOnce) {
    const some = names.slice(from, from + namesAtOnce);
    const command = new DeleteParametersCommand({ Names: some });
    await serviceCall(`delete the parameters ${some.join(", ")}`, kinds, signal, (options) =>
      client.send(command, options),
    );
  }
}

const listedSchema = z
  .object({ Name: z.string(), Description: z.string().default("") })
  .transform(({ Name, Description }): ListedParameter => ({ name: Name, description: Description }));

/** The parameters below a path, which has no slash at its end. Values are not read. */
export async function listParameters(
  client: SSMClient,
  path: string,
  signal?: AbortSignal,
): Promise<ListedParameter[]> {
  const what = `list the parameters below ${path}`;
  const ParameterFilters = [{ Key: "Path", Option: "Recursive", Values: [path] }];
  const parameters = await allPages(async (NextToken) => {
    const command = new DescribeParametersCommand({
      ParameterFilters,
      MaxResults: 50,
      ...(NextToken ? { NextToken } : {}),
    });
    const answer = await serviceCall(what, kinds, signal, (options) => client.send(command, options));
    return { items: answer.Parameters, nextToken: answer.NextToken };
  });
  return parseAnswer(what, z.array(listedSchema), parameters);
}

const valueSchema = z.object({ Value: z.string().min(1) });

/** Reads a secret of the fleet's own, such as its token for the CI system. @throws DriverError `not-found` */
export async function readSecret(client: SSMClient, name: string, signal?: AbortSignal): Promise<string> {
  const what = `read the parameter ${name}`;
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  const answer = await serviceCall(what, kinds, signal, (options) => client.send(command, options));
  return parseAnswer(what, valueSchema, answer.Parameter).Value;
}
