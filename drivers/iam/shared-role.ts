import { setTimeout as delay } from "node:timers/promises";
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { z } from "zod";
import { trustPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import { type ServiceKinds, serviceCall, serviceConfig } from "../aws/service-call.ts";
import { parseAnswer } from "../ec2/call.ts";
import { DriverError, isFailure } from "../errors.ts";

/** A role by which schedules act that outlast a fleet's programs. One for the account, made when it is first needed. */
export interface SharedRole {
  name: string;
  description: string;
  /** By this tag a fleet knows that the role is one of its kind. */
  tag: { Key: string; Value: string };
  policyName: string;
  /** What it may do: a policy document. */
  permissions: string;
}

const kinds: ServiceKinds = {
  NoSuchEntityException: "not-found",
  NoSuchEntity: "not-found",
  EntityAlreadyExistsException: "already-exists",
  EntityAlreadyExists: "already-exists",
};

/** Milliseconds between two tries; IAM tells its news within a minute, mostly within seconds. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

const roleSchema = z.object({
  Arn: z.string(),
  /** IAM gives policies back URL-encoded. */
  AssumeRolePolicyDocument: z.string().default("").transform(decodeURIComponent),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

/**
 * Makes the role, or takes the one that is there, and gives its ARN.
 * @throws DriverError `not-ours` when somebody else has a role of this name
 */
export async function ensureSharedRole(role: SharedRole, region: string, signal?: AbortSignal): Promise<string> {
  const iam = new IAMClient(serviceConfig(region));
  try {
    const found = (await findRole(iam, role, signal)) ?? (await createRole(iam, role, signal));
    // It may do something only once nobody but this account's schedules can take it.
    await ensureTrust(iam, role, found, signal);
    await ensurePolicy(iam, role, signal);
    return found.Arn;
  } finally {
    iam.destroy();
  }
}

/** Tries again while Scheduler has not heard of a new role yet. */
export async function untilAssumable<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await work();
    } catch (error) {
      if (!isFailure(error, "invalid-argument") || !/assume the role/.test(error.vendorText)) throw error;
      await delay(pause, undefined, { signal });
    }
  }
  return work();
}

type Found = z.output<typeof roleSchema>;

async function findRole(iam: IAMClient, { name, tag }: SharedRole, signal?: AbortSignal): Promise<Found | undefined> {
  const what = `look up the role ${name}`;
  try {
    const command = new GetRoleCommand({ RoleName: name });
    const answer = await serviceCall(what, kinds, signal, (options) => iam.send(command, options));
    const found: Found = parseAnswer(what, roleSchema, answer.Role);
    if (found.Tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value)) return found;
    throw new DriverError(`the role ${name} is there without the tag ${tag.Key}=${tag.Value}`, {
      kind: "not-ours",
      hint: "Give it another name, or put the tag on it if a fleet may use it.",
    });
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}

async function createRole(iam: IAMClient, role: SharedRole, signal?: AbortSignal): Promise<Found> {
  const what = `make the role ${role.name}`;
  const command = new CreateRoleCommand({
    RoleName: role.name,
    AssumeRolePolicyDocument: trustPolicy("scheduler"),
    Description: role.description,
    Tags: [role.tag],
  });
  try {
    const answer = await serviceCall(what, kinds, signal, (options) => iam.send(command, options));
    return parseAnswer(what, roleSchema, answer.Role);
  } catch (error) {
    // Another pool's run was quicker, or an answer got lost.
    const found = isFailure(error, "already-exists") ? await findRole(iam, role, signal) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** The account is known from the role's ARN alone, so a new role gets its condition after it is made. */
async function ensureTrust(iam: IAMClient, { name }: SharedRole, found: Found, signal?: AbortSignal): Promise<void> {
  const wanted = trustPolicy("scheduler", found.Arn.split(":")[4]);
  if (found.AssumeRolePolicyDocument === wanted) return;
  const command = new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: wanted });
  await serviceCall(`set who may take ${name}`, kinds, signal, (options) => iam.send(command, options));
}

async function ensurePolicy(iam: IAMClient, role: SharedRole, signal?: AbortSignal): Promise<void> {
  const name = { RoleName: role.name, PolicyName: role.policyName };
  if ((await readPolicy(iam, name, signal)) === role.permissions) return;
  const command = new PutRolePolicyCommand({ ...name, PolicyDocument: role.permissions });
  await serviceCall(`set what ${role.name} may do`, kinds, signal, (options) => iam.send(command, options));
}

/** IAM gives policies back URL-encoded. */
async function readPolicy(
  iam: IAMClient,
  name: { RoleName: string; PolicyName: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const what = `see what ${name.RoleName} may do`;
    const command = new GetRolePolicyCommand(name);
    const answer = await serviceCall(what, kinds, signal, (options) => iam.send(command, options));
    return decodeURIComponent(answer.PolicyDocument ?? "");
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}
