import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { CodeStore } from "../../../simulators/ec2-mac/lambda/code.ts";
import { unzip } from "../../../simulators/ec2-mac/lambda/zip.ts";
import type { Firing } from "../../../simulators/ec2-mac/scheduler/state.ts";
import { startTestAws, type TestAws } from "./aws.ts";
import { zipOf } from "./zip.ts";

const region = "us-west-2";
let aws: TestAws;
let lambda: LambdaClient;
before(async () => {
  aws = await startTestAws({ hostQuota: { mac2: 7 } });
  lambda = new LambdaClient({ region, maxAttempts: 1 });
});
after(async () => {
  lambda.destroy();
  await aws.close();
});

let count = 0;
/** Makes a function whose `index.mjs` is this. */
async function made(source: string, change: object = {}): Promise<string> {
  count += 1;
  const FunctionName = `function-${count}`;
  const Code = { ZipFile: zipOf({ "index.mjs": source, "more/words.json": '"words"' }) };
  const Role = "arn:aws:iam::123456789012:role/function";
  const fixed = { FunctionName, Code, Role, Runtime: "nodejs24.x" as const, Handler: "index.handler", Timeout: 10 };
  await lambda.send(new CreateFunctionCommand({ ...fixed, ...change }));
  return FunctionName;
}

async function invoke(FunctionName: string, event: unknown = {}) {
  const Payload = Buffer.from(JSON.stringify(event));
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload, LogType: "Tail" }));
  const log = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8");
  return { payload: JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")), error: answer.FunctionError, log };
}

describe("a function", () => {
  test("runs with its event, environment, context and files, and is not started again", async () => {
    const name = await made(
      `import words from "./more/words.json" with { type: "json" };
       let runs = 0;
       export async function handler(event, context) {
         console.log("hello " + event.who);
         runs += 1;
         return { runs, words, mine: process.env.MINE, region: process.env.AWS_REGION, secret: process.env.AWS_PROFILE,
           name: context.functionName, left: context.getRemainingTimeInMillis() };
       }`,
      { Environment: { Variables: { MINE: "yes" } } },
    );
    const first = await invoke(name, { who: "you" });
    const { left, ...rest } = first.payload;
    deepEqual(rest, { runs: 1, words: "words", mine: "yes", region, name });
    ok(left > 0 && left <= 10_000);
    equal(first.log, "hello you\n");
    equal((await invoke(name)).payload.runs, 2);
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Timeout: 5 }));
    const fresh = await invoke(name);
    equal(fresh.payload.runs, 1);
    equal(fresh.payload.mine, "yes");
    ok(fresh.payload.left <= 5000);
  });

  test("talks to the simulated AWS by the SDK of the runtime", async () => {
    const name = await made(`
      import { EC2Client, DescribeHostsCommand } from "@aws-sdk/client-ec2";
      export const handler = async () => (await new EC2Client({}).send(new DescribeHostsCommand({}))).Hosts.length;`);
    equal((await invoke(name)).payload, 0);
  });

  test("gets new code, from a bucket too", async () => {
    const name = await made("export const handler = () => 1;");
    const s3 = new S3Client({ region, forcePathStyle: true });
    await s3.send(
      new CreateBucketCommand({ Bucket: "code", CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    const Body = zipOf({ "index.mjs": "export const handler = () => 2;" });
    await s3.send(new PutObjectCommand({ Bucket: "code", Key: "a/b.zip", Body }));
    s3.destroy();
    const before = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, S3Bucket: "code", S3Key: "a/b.zip" }));
    const after = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    ok(before.Configuration?.CodeSha256 !== after.Configuration?.CodeSha256);
    equal((await invoke(name)).payload, 2);
  });

  test("is gone when it is deleted", async () => {
    const FunctionName = await made("export const handler = () => 1;");
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await rejects(invoke(FunctionName), { name: "ResourceNotFoundException" });
  });

  test("has a policy", async () => {
    const FunctionName = await made("export const handler = () => 1;");
    await rejects(lambda.send(new GetPolicyCommand({ FunctionName })), { name: "ResourceNotFoundException" });
    const grant = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "scheduler.amazonaws.com" };
    await lambda.send(new AddPermissionCommand({ FunctionName, ...grant }));
    const { Policy = "" } = await lambda.send(new GetPolicyCommand({ FunctionName }));
    equal(JSON.parse(Policy).Statement[0].Sid, "s");
  });
});

describe("a function that fails", () => {
  const cases: [name: string, source: string, type: string, words: RegExp][] = [
    [
      "because it needs what the runtime does not have",
      'import "zod"; export const handler = () => 1;',
      "Runtime.ImportModuleError",
      /Cannot find package 'zod'/,
    ],
    ["because it has no handler", "export const other = 1;", "Runtime.HandlerNotFound", /index.handler/],
    ["by an error", "export const handler = () => { throw new TypeError('no'); };", "TypeError", /^no$/],
    ["by ending itself", "export const handler = () => process.exit(3);", "Runtime.ExitError", /exit status 3/],
    [
      "by taking too long",
      "export const handler = () => new Promise(() => setInterval(() => {}, 1000));",
      "Sandbox.Timedout",
      /timed out after 1.00 seconds/,
    ],
  ];
  for (const [name, source, type, words] of cases) {
    test(name, async () => {
      const { payload, error } = await invoke(await made(source, { Timeout: name.includes("long") ? 1 : 10 }));
      equal(error, "Unhandled");
      equal(payload.errorType, type);
      match(payload.errorMessage, words);
    });
  }
});

test("with a reserved concurrency of 1, a second run at the same time is throttled", async () => {
  const FunctionName = await made(`
    import { EC2Client, CreateTagsCommand } from "@aws-sdk/client-ec2";
    export const handler = () => new EC2Client({}).send(new CreateTagsCommand({ Resources: [], Tags: [] })).then(() => 1);`);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }));
  await aws.control("faults", { action: "CreateTags", effect: "slow-answer", delayMs: 20_000 });
  const started = await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event" }));
  equal(started.StatusCode, 202);
  await rejects(invoke(FunctionName), { name: "TooManyRequestsException" });
});

test("a schedule starts a function once for all the times that the clock jumped over", async () => {
  const FunctionName = await made("export const handler = (event) => event.look;");
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
  const scheduler = new SchedulerClient({ region });
  const RoleArn = "arn:aws:iam::123456789012:role/scheduler";
  const Target = { Arn: Configuration?.FunctionArn, RoleArn, Input: '{"look":1}' };
  const schedule = {
    Name: "look",
    ScheduleExpression: "rate(2 minutes)",
    FlexibleTimeWindow: { Mode: "OFF" as const },
    Target,
  };
  await scheduler.send(new CreateScheduleCommand(schedule));
  const first = once(aws.events, "returned");
  aws.clock.advance(1);
  equal((await first)[0].payload, "1");
  const firings: Firing[] = [];
  aws.events.on("fired", (firing) => firings.push(firing));
  const second = once(aws.events, "returned");
  aws.clock.advance(24 * 3600);
  equal((await second)[0].functionName, FunctionName);
  deepEqual(
    firings.map(({ result }) => result),
    ["started"],
  );
  await scheduler.send(new DeleteScheduleCommand({ Name: "look" }));
  scheduler.destroy();
});

test("an archive cannot write outside of its folder, and must be one", () => {
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  try {
    for (const [archive, words] of [
      [zipOf({ "../evil.js": "" }), /leads out of the archive/],
      [Buffer.from("no"), /not a zip archive/],
    ] as const) {
      let said = "";
      try {
        unzip(archive, folder);
      } catch (error) {
        said = String(error);
      }
      match(said, words);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("quotas of Mac hosts are told as Service Quotas does", async () => {
  const quotas = new ServiceQuotasClient({ region });
  const value = async (QuotaCode: string) =>
    (await quotas.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode }))).Quota?.Value;
  equal(await value("L-5D8DADF5"), 7);
  equal(await value("L-2CBA8B92"), 100);
  await rejects(value("L-00000000"), { name: "NoSuchResourceException" });
  const { Quota } = await quotas.send(
    new GetAWSDefaultServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: "L-5D8DADF5" }),
  );
  deepEqual([Quota?.QuotaName, Quota?.Value], ["Running Dedicated mac2 Hosts", 0]);
  equal((await quotas.send(new ListServiceQuotasCommand({ ServiceCode: "ec2" }))).Quotas?.length, 9);
  quotas.destroy();
});

test("a function outlasts the simulator", async () => {
  const folder = mkdtempSync(join(tmpdir(), "functions-"));
  const stateFile = join(folder, "state.json");
  const { url: ours } = aws;
  try {
    const first = await startTestAws({ stateFile });
    const client = new LambdaClient({ region, endpoint: first.url });
    const Code = { ZipFile: zipOf({ "index.mjs": "export const handler = () => 'kept';" }) };
    const fixed = { Role: "arn:aws:iam::123456789012:role/function", Runtime: "nodejs24.x" as const };
    await client.send(new CreateFunctionCommand({ FunctionName: "kept", Code, Handler: "index.handler", ...fixed }));
    client.destroy();
    await first.close();
    const second = await startTestAws({ stateFile });
    const again = new LambdaClient({ region, endpoint: second.url });
    const { Payload } = await again.send(new InvokeCommand({ FunctionName: "kept" }));
    equal(Buffer.from(Payload ?? []).toString("utf8"), '"kept"');
    again.destroy();
    await second.close();
  } finally {
    process.env.AWS_ENDPOINT_URL = ours;
    rmSync(folder, { recursive: true, force: true });
  }
});

test("code that a killed simulator has left is removed by the next one, and nobody else's", async () => {
  const ended = spawnSync("true").pid;
  const left = mkdtempSync(join(tmpdir(), `simulated-lambda-${ended}-`));
  const used = mkdtempSync(join(tmpdir(), `simulated-lambda-${process.ppid}-`));
  const code = new CodeStore(undefined);
  const sha256 = createHash("sha256").update("code").digest("base64");
  code.save(sha256, zipOf({ "index.mjs": "" }));
  deepEqual([existsSync(left), existsSync(used)], [false, true]);
  const own = code.folder(sha256);
  code.close();
  equal(existsSync(own), false);
  rmSync(used, { recursive: true });
});
