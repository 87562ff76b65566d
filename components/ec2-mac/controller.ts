import { Table } from "@pulumi/aws/dynamodb/table.js";
import type { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import type { Role } from "@pulumi/aws/iam/role.js";
import { ScheduleGroup } from "@pulumi/aws/scheduler/scheduleGroup.js";
import type { Topic } from "@pulumi/aws/sns/topic.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import { encodeSettings } from "../../controllers/lambda/settings.ts";
import { parameterPrefix } from "../../controllers/pool/credentials.ts";
import { apiTokenParameter, awsName } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { controllerPolicy, endPolicy, sweeperPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { AlertSettings, Ec2MacImageSettings, RunnerSettings } from "../../model/settings.ts";
import { controllerSettings } from "./controller-settings.ts";
import { createFunction } from "./function.ts";
import type { HostLeases } from "./host-leases.ts";
import { createScheduleRole, createSchedules } from "./schedules.ts";
import { accountOf, type PoolScope } from "./scope.ts";

/** What the controller of a pool works with. */
export interface ControllerArgs {
  plan: Ec2MacPoolPlan;
  image: Ec2MacImageSettings;
  runner: RunnerSettings;
  /** The token for the CI system's API; without it the controller keeps the Macs and hands out no credentials. */
  apiToken: pulumi.Output<string> | undefined;
  alerts: AlertSettings;
  leases: HostLeases;
  instanceRole: Role;
  template: LaunchTemplate;
  topic: Topic | undefined;
}

/**
 * Declares the pool's controller: a function that looks every two minutes, its memory in a table, and, apart from it, a
 * function that sweeps once a day. A single table and two functions, however many Macs.
 */
export function createController(scope: PoolScope, args: ControllerArgs): void {
  const { name, pool, place, parent, tags } = scope;
  const { plan, image, alerts, instanceRole, template, topic } = args;
  const account = instanceRole.arn.apply(accountOf);
  const permitted = pulumi
    .all([account, scope.fleetId])
    .apply(([id, fleetId]) => ({ region: pool.region, account: id, fleetId, pool: pool.name }));
  const table = createTable(scope);
  const group = new ScheduleGroup(
    `${name}-ends`,
    { region: pool.region, name: awsName("scheduleGroup", place), tags },
    { parent },
  );
  const endRole = createScheduleRole(scope, "end", account, permitted.apply(endPolicy));
  createApiToken(scope, args.apiToken);

  const settings = controllerSettings(scope, plan, args.runner, {
    table: table.name,
    scheduleGroup: group.name,
    schedulerRoleArn: endRole.arn,
    instanceRoleId: instanceRole.uniqueId,
    topicArn: topic?.arn,
  }).apply(encodeSettings);
  const controller = createFunction(scope, alerts, {
    purpose: "controller",
    description: `Keeps pool ${pool.name} as declared`,
    handler: "index.pool",
    isAlone: true,
    // Whatever it ordered after the leases had been given back would be paid for by nobody's will.
    outlivedBy: args.leases,
    settings,
    policy: (logGroupArn) =>
      pulumi
        .all([permitted, logGroupArn, table.arn, group.name, endRole.arn, instanceRole.arn, template.arn])
        .apply(([to, logs, tableArn, scheduleGroup, endRoleArn, instanceRoleArn, launchTemplateArn]) =>
          controllerPolicy({
            ...to,
            logGroupArn: logs,
            tableArn,
            scheduleGroup,
            endRoleArn,
            instanceRoleArn,
            launchTemplateArn,
            parameterPrefix: parameterPrefix(to.fleetId, pool.name),
            apiTokenParameter: apiTokenParameter(to.fleetId, pool.name),
            imageParameter: image.ssmParameter,
          }),
        ),
  });
  const sweeper = createFunction(scope, alerts, {
    purpose: "sweeper",
    description: `Ends instances of pool ${pool.name} that have outlived every other end`,
    handler: "index.sweeper",
    isAlone: false,
    settings,
    policy: (logGroupArn) =>
      pulumi
        .all([permitted, logGroupArn, topic?.arn])
        .apply(([to, logs, topicArn]) => sweeperPolicy({ ...to, logGroupArn: logs, topicArn })),
  });
  createSchedules(scope, account, { controller, sweeper }, args.leases);
}

/** What the controller remembers. It can be made anew from what AWS shows, so it needs no backups. */
function createTable({ name, pool, place, parent, tags }: PoolScope): Table {
  return new Table(
    `${name}-memory`,
    {
      region: pool.region,
      name: awsName("table", place),
      billingMode: "PAY_PER_REQUEST",
      hashKey: "pk",
      rangeKey: "sk",
      attributes: [
        { name: "pk", type: "S" },
        { name: "sk", type: "S" },
      ],
      ttl: { attributeName: "expiresAt", enabled: true },
      deletionProtectionEnabled: false,
      tags,
    },
    { parent },
  );
}

function createApiToken(scope: PoolScope, value: pulumi.Output<string> | undefined): void {
  if (!value) return;
  const { name, pool, parent, tags } = scope;
  new Parameter(
    `${name}-api-token`,
    {
      region: pool.region,
      name: scope.fleetId.apply((mark) => apiTokenParameter(mark, pool.name)),
      description: `For the controller of pool ${pool.name}`,
      type: "SecureString",
      value,
      tags,
    },
    { parent },
  );
}
