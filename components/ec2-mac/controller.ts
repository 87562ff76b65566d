import { Table } from "@pulumi/aws/dynamodb/table.js";
import type { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import type { Role } from "@pulumi/aws/iam/role.js";
import type { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import { encodeSettings } from "../../controllers/lambda/settings.ts";
import { parameterPrefix } from "../../controllers/pool/credentials.ts";
import { apiTokenParameter, awsName } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { controllerPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { AlertSettings, Ec2MacImageSettings, RunnerSettings } from "../../model/settings.ts";
import { controllerSettings } from "./controller-settings.ts";
import { type PoolEnds, permittedPool } from "./ends.ts";
import { createFunction } from "./function.ts";
import type { HostLeases } from "./host-leases.ts";
import type { PoolScope } from "./scope.ts";

/** What the controller of a pool works with. */
export interface ControllerArgs {
  plan: Ec2MacPoolPlan;
  image: Ec2MacImageSettings;
  runner: RunnerSettings;
  /** The token for the CI system's API; without it the controller keeps the Macs and hands out no credentials. */
  apiToken: pulumi.Output<string> | undefined;
  alerts: AlertSettings;
  /** The account that the pool is in. */
  account: pulumi.Output<string>;
  ends: PoolEnds;
  leases: HostLeases;
  instanceRole: Role;
  template: LaunchTemplate;
}

/** Declares the pool's controller: a function, and its memory in a table. One of each, however many Macs. */
export function createController(scope: PoolScope, args: ControllerArgs): LambdaFunction {
  const { pool } = scope;
  const { plan, image, alerts, ends, instanceRole, template } = args;
  const table = createTable(scope);
  createApiToken(scope, args.apiToken);

  const settings = controllerSettings(scope, plan, args.runner, {
    table: table.name,
    scheduleGroup: ends.group.name,
    schedulerRoleArn: ends.role.arn,
    instanceRoleId: instanceRole.uniqueId,
  }).apply(encodeSettings);
  const permitted = permittedPool(scope, args.account);
  return createFunction(scope, alerts, {
    purpose: "controller",
    description: `Keeps pool ${pool.name} as declared`,
    handler: "index.pool",
    // Whatever it ordered after the leases had been given back would be paid for by nobody's will.
    outlivedBy: args.leases,
    settings,
    policy: (logGroupArn) =>
      pulumi
        .all([permitted, logGroupArn, table.arn, ends.group.name, ends.role.arn, instanceRole.arn, template.arn])
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
}

/** What the controller remembers. What has been paid and what has happened is nowhere else, so it can be restored. */
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
      pointInTimeRecovery: { enabled: true },
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
