import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import * as pulumi from "@pulumi/pulumi";
import { settingsVariable } from "../../controllers/lambda/settings.ts";
import { awsName } from "../../model/names.ts";
import { trustPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { PolicyDocument } from "../../model/plan/policy-document.ts";
import type { AlertSettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";

/** One of the pool's functions. */
export interface PoolFunctionArgs {
  /** `controller` or `sweeper`, for its name. */
  purpose: string;
  description: string;
  /** What index.mjs exports. */
  handler: "index.pool" | "index.sweeper";
  /** What it may do, once its log group is known. */
  policy(logGroupArn: pulumi.Output<string>): pulumi.Output<PolicyDocument>;
  /** Its settings, as `encodeSettings` makes them. */
  settings: pulumi.Output<string>;
  /** What goes only once the function can do nothing any more, even if it still runs. */
  outlivedBy?: pulumi.Resource;
}

/** What the functions load of `drivers`. No other driver is shipped: a change to it would be one to every function. */
export const shippedDrivers: readonly string[] =
  "aws buildkite cloudwatch dynamodb ec2 errors.ts github http scheduler sns ssm".split(" ");

/**
 * The rooms that the functions need, as they are: Node takes the types off by itself, and the AWS SDK comes with the
 * runtime. Paths are from the folder of Pulumi.yaml.
 */
function code(): pulumi.asset.AssetArchive {
  const drivers = shippedDrivers.map((name): [string, pulumi.asset.Asset | pulumi.asset.Archive] => {
    const where = `drivers/${name}`;
    return [where, name.endsWith(".ts") ? new pulumi.asset.FileAsset(where) : new pulumi.asset.FileArchive(where)];
  });
  return new pulumi.asset.AssetArchive({
    "index.mjs": new pulumi.asset.FileAsset("controllers/lambda/index.mjs"),
    "package.json": new pulumi.asset.StringAsset('{"type":"module"}\n'),
    model: new pulumi.asset.FileArchive("model"),
    ...Object.fromEntries(drivers),
    controllers: new pulumi.asset.FileArchive("controllers"),
    "node_modules/zod": new pulumi.asset.FileArchive("node_modules/zod"),
  });
}

/**
 * Declares a function with its role and its logs. It reserves no concurrency: Lambda keeps 100 executions unreserved, and
 * a new account may have 10 in all (Lambda's API reference, PutFunctionConcurrency). That only one copy acts at a time is
 * held by the lease in the table.
 */
export function createFunction(scope: PoolScope, alerts: AlertSettings, args: PoolFunctionArgs): LambdaFunction {
  const { place, pool, parent, tags } = scope;
  const name = `${scope.name}-${args.purpose}`;
  const functionName = awsName("function", place, args.purpose);
  const logs = new LogGroup(
    `${name}-logs`,
    {
      region: pool.region,
      name: `/aws/lambda/${functionName}`,
      retentionInDays: alerts.logRetentionDays,
      tags,
    },
    { parent },
  );
  const role = new Role(
    `${name}-role`,
    { name: awsName("role", place, args.purpose), assumeRolePolicy: trustPolicy("lambda"), tags },
    { parent },
  );
  const policy = args.policy(logs.arn).apply((document) => JSON.stringify(document));
  const rights = new RolePolicy(
    `${name}-rights`,
    { name: "rights", role: role.name, policy },
    { parent, ...(args.outlivedBy && { dependsOn: [args.outlivedBy] }) },
  );
  return new LambdaFunction(
    name,
    {
      region: pool.region,
      name: functionName,
      description: args.description,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: args.handler,
      code: code(),
      role: role.arn,
      timeout: 300,
      memorySize: 512,
      environment: { variables: { [settingsVariable]: args.settings } },
      tags,
    },
    { parent, dependsOn: [logs, rights] },
  );
}
