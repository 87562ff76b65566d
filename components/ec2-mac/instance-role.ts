import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { parameterPrefix } from "../../controllers/pool/credentials.ts";
import { awsName } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { instancePolicy, trustPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { AlertSettings } from "../../model/settings.ts";
import { accountOf, type PoolScope } from "./scope.ts";
import type { SetUpScript } from "./set-up-script.ts";

/** The role of a pool's instances and what hands it to them. */
export interface InstanceRole {
  role: Role;
  profile: InstanceProfile;
}

/** Declares what a Mac may do in the account, and where its logs go. */
export function createInstanceRole(
  scope: PoolScope,
  plan: Ec2MacPoolPlan,
  alerts: AlertSettings,
  script: SetUpScript,
): InstanceRole {
  const { name, place, pool, parent, tags } = scope;
  const logs = new LogGroup(
    `${name}-logs`,
    { region: pool.region, name: plan.logGroupName, retentionInDays: alerts.logRetentionDays, tags },
    { parent },
  );
  const role = new Role(
    `${name}-role`,
    { name: awsName("role", place), assumeRolePolicy: trustPolicy("ec2"), tags },
    { parent },
  );
  const policy = pulumi
    .all([logs.arn, role.arn, scope.fleetId, script.scriptsArn])
    .apply(([logGroupArn, roleArn, fleetId, scriptsArn]) => {
      const permitted = { region: pool.region, account: accountOf(roleArn), fleetId, pool: pool.name };
      const setUp = { ...permitted, scriptsArn, parameterPrefix: parameterPrefix(fleetId, pool.name) };
      return JSON.stringify(instancePolicy(logGroupArn, setUp));
    });
  new RolePolicy(`${name}-reports`, { name: "reports", role: role.name, policy }, { parent });
  const profile = new InstanceProfile(
    `${name}-profile`,
    { name: awsName("instanceProfile", place), role: role.name, tags },
    { parent },
  );
  return { role, profile };
}
