import { leavingTag } from "../../model/ec2-mac/lease-mark.ts";
import { ensureSharedRole } from "../iam/shared-role.ts";

/** The role by which schedules give hosts back. It outlasts stacks. */
export const leasesRoleName = "mac-runner-fleet-leases";

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

/** Makes the role unless it is there, and gives its ARN. @throws DriverError `not-ours` */
export function ensureLeasesRole(region: string, signal?: AbortSignal): Promise<string> {
  const role = {
    name: leasesRoleName,
    description: "Lets EventBridge Scheduler give back Mac hosts that left a fleet of mac-runner-fleet",
    tag: { Key: "mac-runner-fleet:shared", Value: "leases" },
    policyName: "give-back",
    permissions,
  };
  return ensureSharedRole(role, region, signal);
}
