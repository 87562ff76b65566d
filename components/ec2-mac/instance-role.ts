import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { awsName } from "../../model/names.ts";
import { type Ec2MacPoolPlan, instancePolicy } from "../../model/plan/ec2-mac.ts";
import type { AlertSettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";

const assumeRolePolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Session Manager is how people reach a Mac that lets nobody in. */
const sessionManagerPolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

/** Declares what a Mac may do in the account: report its metrics, ship its logs, be reached through Session Manager. */
export function createInstanceRole(scope: PoolScope, plan: Ec2MacPoolPlan, alerts: AlertSettings): InstanceProfile {
  const { name, place, pool, parent } = scope;
  const tags = { ...plan.sharedTags, ...scope.mark };
  const logs = new LogGroup(
    `${name}-logs`,
    { region: pool.region, name: plan.logGroupName, retentionInDays: alerts.logRetentionDays, tags },
    { parent },
  );
  const role = new Role(`${name}-role`, { name: awsName("role", place), assumeRolePolicy, tags }, { parent });
  new RolePolicy(
    `${name}-reports`,
    { name: "reports", role: role.name, policy: logs.arn.apply((arn) => JSON.stringify(instancePolicy(arn))) },
    { parent },
  );
  new RolePolicyAttachment(
    `${name}-session-manager`,
    { role: role.name, policyArn: sessionManagerPolicyArn },
    { parent },
  );
  return new InstanceProfile(
    `${name}-profile`,
    { name: awsName("instanceProfile", place), role: role.name, tags },
    { parent },
  );
}
