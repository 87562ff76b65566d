import { archive, asset } from "../support.ts";
import { type Life, live } from "./life.ts";

/** What the lives have in common with the others. */
interface Surroundings {
  region: string;
  tags: Record<string, string>;
  /** A policy that allows an action. */
  policy(action: string): string;
  /** The ARN of a new role. */
  roleArn(): Promise<string>;
}

/** The lives of what a pool's controller is made of. */
export function controllerLives({ region, tags, policy, roleArn }: Surroundings): Life[] {
  const bucketOf = async (bucket: string) => (await live("aws:s3/bucket:Bucket", { region, bucket })).id;
  return [
    {
      token: "aws:s3/bucket:Bucket",
      inputs: async () => ({ region, bucket: "mobile-1a2b3c4d-m2", forceDestroy: true, tags }),
      change: { tags: { Name: "other" } },
      id: /^mobile-1a2b3c4d-m2$/,
      notImported: ["forceDestroy"],
      beforeDelete: async () => {
        await live("aws:s3/bucketObjectv2:BucketObjectv2", {
          region,
          bucket: "mobile-1a2b3c4d-m2",
          key: "left-behind",
          content: "x",
        });
      },
    },
    {
      token: "aws:s3/bucketObjectv2:BucketObjectv2",
      inputs: async () => ({
        region,
        bucket: await bucketOf("objects"),
        key: "set-up/abc.sh",
        content: "#!/bin/bash\n",
        contentType: "text/x-shellscript",
        serverSideEncryption: "AES256",
        tags,
      }),
      change: { content: "#!/bin/bash\ntrue\n", tags: { Name: "other" } },
      id: /^objects\/set-up\/abc\.sh$/,
      notImported: ["content"],
    },
    {
      token: "aws:s3/bucketPolicy:BucketPolicy",
      inputs: async () => ({ region, bucket: await bucketOf("policies"), policy: policy("s3:GetObject") }),
      change: { policy: policy("s3:PutObject") },
      id: /^policies$/,
    },
    {
      token: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      inputs: async () => ({
        region,
        bucket: await bucketOf("blocks"),
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: false,
      }),
      change: { restrictPublicBuckets: true },
      id: /^blocks$/,
    },
    {
      token: "aws:dynamodb/table:Table",
      inputs: async () => ({
        region,
        name: "mobile-m2",
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
      }),
      change: { tags: { Name: "other" }, pointInTimeRecovery: { enabled: false } },
      id: /^mobile-m2$/,
    },
    {
      token: "aws:lambda/function:Function",
      inputs: async () => ({
        region,
        name: "mobile-m2-controller",
        description: "Keeps pool m2 as declared",
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        handler: "index.pool",
        code: archiveOf("export const pool = () => 1;"),
        role: await roleArn(),
        timeout: 300,
        memorySize: 512,
        reservedConcurrentExecutions: 1,
        environment: { variables: { FLEET_POOL: "{}" } },
        tags,
      }),
      change: {
        timeout: 200,
        memorySize: 256,
        environment: { variables: { FLEET_POOL: "[]" } },
        tags: { Name: "other" },
      },
      id: /^mobile-m2-controller$/,
      notImported: ["code"],
    },
    {
      token: "aws:scheduler/scheduleGroup:ScheduleGroup",
      inputs: async () => ({ region, name: "mobile-m2", tags }),
      change: { tags: { Name: "other" } },
      id: /^mobile-m2$/,
    },
    {
      token: "aws:scheduler/schedule:Schedule",
      inputs: async () => ({
        region,
        name: "mobile-m2-look",
        description: "Calls the controller of pool m2",
        flexibleTimeWindow: { mode: "OFF" },
        scheduleExpression: "rate(2 minutes)",
        scheduleExpressionTimezone: "UTC",
        target: {
          arn: "arn:aws:lambda:us-west-2:123456789012:function:mobile-m2-controller",
          roleArn: "arn:aws:iam::123456789012:role/mobile-m2-caller",
          retryPolicy: { maximumRetryAttempts: 0 },
        },
      }),
      change: { scheduleExpression: "cron(59 23 * * ? *)" },
      id: /^default\/mobile-m2-look$/,
      // The service fills in more than was given.
      notImported: ["target"],
    },
    {
      token: "aws:ssm/parameter:Parameter",
      inputs: async () => ({
        region,
        name: "/mac-runner-fleet/mobile-1a2b3c4d/api_token/m2",
        description: "For the controller of pool m2",
        type: "SecureString",
        value: "example-token",
        tags,
      }),
      change: { description: "For a controller", tags: { Name: "other" } },
      id: /^\/mac-runner-fleet\/mobile-1a2b3c4d\/api_token\/m2$/,
      // A secret comes back as one.
      notImported: ["value"],
    },
    {
      token: "aws:cloudwatch/dashboard:Dashboard",
      inputs: async () => ({ region, dashboardName: "mobile-m2", dashboardBody: dashboard("a") }),
      change: { dashboardBody: dashboard("b") },
      id: /^mobile-m2$/,
    },
  ];
}

/** An archive with a text in it, as the engine sends it. */
export function archiveOf(text: string) {
  return archive({ assets: { "index.mjs": asset({ text }) } });
}

function dashboard(markdown: string): string {
  const properties = { markdown };
  return JSON.stringify({ widgets: [{ type: "text", x: 0, y: 0, width: 6, height: 3, properties }] });
}
