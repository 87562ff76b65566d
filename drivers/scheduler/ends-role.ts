import { endsAtTag } from "../../model/ec2-mac/policy.ts";
import { ensureSharedRole } from "../iam/shared-role.ts";

/** The role by which the schedules of pools without a controller in AWS end instances. It outlasts stacks. */
export const endsRoleName = "mac-runner-fleet-ends";

/** Whatever the schedules say, this role ends only what a controller has scheduled the end of. */
const permissions = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "EndWhatIsScheduled",
      Effect: "Allow",
      Action: "ec2:TerminateInstances",
      Resource: "arn:aws:ec2:*:*:instance/*",
      Condition: { Null: { [`aws:ResourceTag/${endsAtTag}`]: "false" } },
    },
  ],
});

/** Makes the role unless it is there, and gives its ARN. @throws DriverError `not-ours` */
export function ensureEndsRole(region: string, signal?: AbortSignal): Promise<string> {
  const role = {
    name: endsRoleName,
    description: "Lets EventBridge Scheduler end Macs of mac-runner-fleet whose life is over",
    tag: { Key: "mac-runner-fleet:shared", Value: "ends" },
    policyName: "end",
    permissions,
  };
  return ensureSharedRole(role, region, signal);
}
