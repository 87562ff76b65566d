import { setTimeout as delay } from "node:timers/promises";
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { z } from "zod";
import { leavingTag } from "../../model/ec2-mac/lease-mark.ts";
import { type ServiceKinds, serviceCall, serviceConfig } from "../aws/service-call.ts";
import { DriverError, isFailure } from "../errors.ts";
import { parseAnswer } from "./call.ts";

/** The role by which schedules give hosts back. One for the account, made when it is first needed; it outlasts stacks. */
export const leasesRoleName = "mac-runner-fleet-leases";

const policyName = "give-back";
const ownTag = { Key: "mac-runner-fleet:shared", Value: "leases" };
const kinds: ServiceKinds = {
  NoSuchEntityException: "not-found",
  NoSuchEntity: "not-found",
  EntityAlreadyExistsException: "already-exists",
  EntityAlreadyExists: "already-exists",
};

/** Milliseconds between two tries; IAM tells its news within a minute, mostly within seconds. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

const trustPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Whatever the schedules say, this role ends and releases only what carries the tag of a leaving host. */
const permissions = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "GiveBackWhatLeaves",
      Effect: "Allow",
      Action: ["ec2:ReleaseHosts", "ec2:TerminateInstances"],
      Resource: ["arn:aws:ec2:*:*:dedicated-host/*", "arn:aws:ec2:*:*:instance/*"],
      Condition: { Null: { [`aws:ResourceTag/${leavingTag}`]: "false" } },
    },
  ],
});

const roleSchema = z.object({
  Arn: z.string(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

/**
 * Makes the role, or takes the one that is there, and gives its ARN.
 * @throws DriverError `not-ours` when somebody else has a role of this name
 */
export async function ensureLeasesRole(region: string, signal?: AbortSignal): Promise<string> {
  const iam = new IAMClient(serviceConfig(region));
  try {
    const arn = (await findRole(iam, signal)) ?? (await createRole(iam, signal));
    await ensurePolicy(iam, signal);
    return arn;
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

async function findRole(iam: IAMClient, signal?: AbortSignal): Promise<string | undefined> {
  const what = `look up the role ${leasesRoleName}`;
  try {
    const command = new GetRoleCommand({ RoleName: leasesRoleName });
    const answer = await serviceCall(what, kinds, signal, (options) => iam.send(command, options));
    const { Arn, Tags } = parseAnswer(what, roleSchema, answer.Role);
    if (Tags.some(({ Key, Value }) => Key === ownTag.Key && Value === ownTag.Value)) return Arn;
    throw new DriverError(`the role ${leasesRoleName} is there without the tag ${ownTag.Key}=${ownTag.Value}`, {
      kind: "not-ours",
      hint: "Give it another name, or put the tag on it if a fleet may use it.",
    });
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}

async function createRole(iam: IAMClient, signal?: AbortSignal): Promise<string> {
  const what = `make the role ${leasesRoleName}`;
  const command = new CreateRoleCommand({
    RoleName: leasesRoleName,
    AssumeRolePolicyDocument: trustPolicy,
    Description: "Lets EventBridge Scheduler give back Mac hosts that left a fleet of mac-runner-fleet",
    Tags: [ownTag],
  });
  try {
    const answer = await serviceCall(what, kinds, signal, (options) => iam.send(command, options));
    return parseAnswer(what, roleSchema, answer.Role).Arn;
  } catch (error) {
    // Another pool's run was quicker, or an answer got lost.
    const arn = isFailure(error, "already-exists") ? await findRole(iam, signal) : undefined;
    if (arn === undefined) throw error;
    return arn;
  }
}

async function ensurePolicy(iam: IAMClient, signal?: AbortSignal): Promise<void> {
  const name = { RoleName: leasesRoleName, PolicyName: policyName };
  if ((await readPolicy(iam, name, signal)) === permissions) return;
  const command = new PutRolePolicyCommand({ ...name, PolicyDocument: permissions });
  await serviceCall(`set what ${leasesRoleName} may do`, kinds, signal, (options) => iam.send(command, options));
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
