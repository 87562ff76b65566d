import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import { Schedule } from "@pulumi/aws/scheduler/schedule.js";
import * as pulumi from "@pulumi/pulumi";
import { awsName } from "../../model/names.ts";
import { lookMinutes } from "../../model/plan/ec2-mac-alarms.ts";
import { callPolicy, trustPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { PolicyDocument } from "../../model/plan/policy-document.ts";
import type { HostLeases } from "./host-leases.ts";
import type { PoolScope } from "./scope.ts";

/** The functions that schedules call. */
export interface ScheduledFunctions {
  /** Missing where somebody else keeps the pool. */
  controller: LambdaFunction | undefined;
  sweeper: LambdaFunction;
}

/** Declares when the functions are called. They are in no group of the pool's own: that is for the ends of instances. */
export function createSchedules(
  scope: PoolScope,
  account: pulumi.Output<string>,
  functions: ScheduledFunctions,
  leases: HostLeases,
): void {
  const { controller, sweeper } = functions;
  const policy = pulumi.all(controller ? [controller.arn, sweeper.arn] : [sweeper.arn]).apply(callPolicy);
  const role = createScheduleRole(scope, "caller", account, policy);
  // When the pool ends, the controller must have stopped before its hosts are given back, or it would launch on them.
  if (controller) createSchedule(scope, "look", rateOf(lookMinutes(scope.pool)), controller, role, leases);
  // A rate's first time is at once, so that the alarm on a sweeper that stays silent has something to go by.
  createSchedule(scope, "sweep", "rate(1 day)", sweeper, role, leases);
}

function rateOf(minutes: number): string {
  return `rate(${minutes} minute${minutes === 1 ? "" : "s"})`;
}

function createSchedule(
  { name, place, pool, parent }: PoolScope,
  purpose: string,
  scheduleExpression: string,
  target: LambdaFunction,
  role: Role,
  leases: HostLeases,
): void {
  new Schedule(
    `${name}-${purpose}`,
    {
      region: pool.region,
      name: awsName("schedule", place, purpose),
      description: `Calls ${purpose === "look" ? "the controller" : "the sweeper"} of pool ${pool.name}`,
      flexibleTimeWindow: { mode: "OFF" },
      scheduleExpression,
      scheduleExpressionTimezone: "UTC",
      // What Scheduler could not hand to Lambda the next call makes up for. Lambda itself calls a function that failed
      // twice more, some minutes later; both functions may be repeated.
      target: { arn: target.arn, roleArn: role.arn, retryPolicy: { maximumRetryAttempts: 0 } },
    },
    { parent, dependsOn: [leases] },
  );
}

/** Declares a role that EventBridge Scheduler takes for this account. */
export function createScheduleRole(
  { name, place, parent, tags }: PoolScope,
  purpose: string,
  account: pulumi.Output<string>,
  policy: pulumi.Output<PolicyDocument>,
): Role {
  const role = new Role(
    `${name}-${purpose}-role`,
    {
      name: awsName("role", place, purpose),
      assumeRolePolicy: account.apply((id) => trustPolicy("scheduler", id)),
      tags,
    },
    { parent },
  );
  new RolePolicy(
    `${name}-${purpose}-rights`,
    { name: "rights", role: role.name, policy: policy.apply((document) => JSON.stringify(document)) },
    { parent },
  );
  return role;
}
