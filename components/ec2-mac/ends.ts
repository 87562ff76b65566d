import type { Role } from "@pulumi/aws/iam/role.js";
import type { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import { ScheduleGroup } from "@pulumi/aws/scheduler/scheduleGroup.js";
import type { Topic } from "@pulumi/aws/sns/topic.js";
import * as pulumi from "@pulumi/pulumi";
import { encodeSettings, type SweeperSettings } from "../../controllers/lambda/settings.ts";
import { poolPolicy } from "../../controllers/pool/policy.ts";
import { awsName, fleetId } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { endPolicy, type PermittedPool, sweeperPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { AlertSettings } from "../../model/settings.ts";
import { createFunction } from "./function.ts";
import { createScheduleRole } from "./schedules.ts";
import type { PoolScope } from "./scope.ts";

/** What ends instances from outside of them, whoever keeps the pool. */
export interface PoolEnds {
  /** For the one-time schedules that end an instance each; whoever keeps the pool makes and moves them. */
  group: ScheduleGroup;
  /** The role by which those schedules end instances. */
  role: Role;
  sweeper: LambdaFunction;
}

/** What those are made from. */
export interface EndsArgs {
  plan: Ec2MacPoolPlan;
  alerts: AlertSettings;
  /** The account that the pool is in. */
  account: pulumi.Output<string>;
  topic: Topic | undefined;
}

/** Declares the group and the role of the one-time schedules, and the function that sweeps once a day. */
export function createEnds(scope: PoolScope, { plan, alerts, account, topic }: EndsArgs): PoolEnds {
  const { name, pool, place, parent, tags } = scope;
  const permitted = permittedPool(scope, account);
  const group = new ScheduleGroup(
    `${name}-ends`,
    { region: pool.region, name: awsName("scheduleGroup", place), tags },
    { parent },
  );
  const role = createScheduleRole(scope, "end", account, permitted.apply(endPolicy));
  const sweeper = createFunction(scope, alerts, {
    purpose: "sweeper",
    description: `Ends instances of pool ${pool.name} that have outlived every other end`,
    handler: "index.sweeper",
    settings: sweeperSettings(scope, plan, topic).apply(encodeSettings),
    policy: (logGroupArn) =>
      pulumi
        .all([permitted, logGroupArn, topic?.arn])
        .apply(([to, logs, topicArn]) => sweeperPolicy({ ...to, logGroupArn: logs, topicArn })),
  });
  return { group, role, sweeper };
}

/** The pool that permissions are limited to. */
export function permittedPool({ fleetId, pool }: PoolScope, account: pulumi.Output<string>) {
  return pulumi
    .all([account, fleetId])
    .apply(([id, mark]): PermittedPool => ({ region: pool.region, account: id, fleetId: mark, pool: pool.name }));
}

function sweeperSettings({ fleetId: mark, pool, place }: PoolScope, plan: Ec2MacPoolPlan, topic: Topic | undefined) {
  return pulumi.all([mark, topic?.arn]).apply(([id, topicArn]): SweeperSettings => {
    const { mark, sweepSeconds } = poolPolicy(pool, plan, id);
    const { name, region } = pool;
    return { pool: name, fleet: fleetId(place), region, policy: { mark, sweepSeconds }, ...(topicArn && { topicArn }) };
  });
}
