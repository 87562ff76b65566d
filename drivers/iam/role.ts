import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { z } from "zod";
import { serviceCall, serviceConfig } from "../aws/service-call.ts";

const roleSchema = z.object({ Role: z.object({ RoleId: z.string(), Arn: z.string() }) });

/** A role as IAM knows it. */
export interface FoundRole {
  /** The unique id (`AROA...`), which `aws:userid` has for its sessions. */
  id: string;
  arn: string;
}

/**
 * Looks a role up by its name.
 * @throws DriverError when there is no such role, or it may not be looked at
 */
export async function findRole(region: string, roleName: string, signal: AbortSignal): Promise<FoundRole> {
  const iam = new IAMClient(serviceConfig(region));
  try {
    const what = `look up role ${roleName}`;
    const answer = await serviceCall(
      what,
      { NoSuchEntity: "not-found", NoSuchEntityException: "not-found" },
      signal,
      (options) => iam.send(new GetRoleCommand({ RoleName: roleName }), options),
    );
    const { RoleId, Arn } = roleSchema.parse(answer).Role;
    return { id: RoleId, arn: Arn };
  } finally {
    iam.destroy();
  }
}
