import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { z } from "zod";
import { serviceCall, serviceConfig } from "../aws/service-call.ts";

const roleSchema = z.object({ Role: z.object({ RoleId: z.string() }) });

/**
 * The unique id of a role (`AROA...`), which `aws:userid` has for its sessions.
 * @throws DriverError when there is no such role, or it may not be looked at
 */
export async function roleId(region: string, roleName: string, signal: AbortSignal): Promise<string> {
  const iam = new IAMClient(serviceConfig(region));
  try {
    const what = `look up role ${roleName}`;
    const answer = await serviceCall(
      what,
      { NoSuchEntity: "not-found", NoSuchEntityException: "not-found" },
      signal,
      (options) => iam.send(new GetRoleCommand({ RoleName: roleName }), options),
    );
    return roleSchema.parse(answer).Role.RoleId;
  } finally {
    iam.destroy();
  }
}
