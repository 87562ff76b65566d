import {
  type Architecture,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  PutFunctionConcurrencyCommand,
  type Runtime,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import type { PropertyTable } from "../../shared/properties.ts";
import { defineResource } from "../../shared/provider.ts";
import { hasUnknown } from "../../shared/wire.ts";
import { lambda } from "../clients.ts";
import {
  arnProperty,
  changeTagRecord,
  ignoredProperties,
  mustExist,
  notStoodIn,
  regionOf,
  regionProperty,
  type Tags,
  tagProperties,
  tagsOf,
  unlessGone,
  vendorCall,
} from "../vendor.ts";
import { codeSha256, zipOf } from "./archive.ts";

interface Inputs {
  architectures?: string[] | undefined;
  code?: unknown;
  description?: string | undefined;
  environment?: { variables?: Record<string, string> } | undefined;
  handler: string;
  memorySize: number;
  name: string;
  region?: string | undefined;
  reservedConcurrentExecutions: number;
  role: string;
  runtime: string;
  sourceCodeHash?: string | undefined;
  tags?: Tags | undefined;
  timeout: number;
}

interface Outputs extends Inputs {
  arn: string;
  lastModified: string;
  tagsAll: Tags;
}

const gone = ["ResourceNotFoundException"];
/** No concurrency is reserved. */
const unreserved = -1;
const unused = [
  "capacityProviderConfig",
  "codeSha256",
  "codeSigningConfigArn",
  "deadLetterConfig",
  "durableConfig",
  "ephemeralStorage",
  "fileSystemConfig",
  "imageConfig",
  "imageUri",
  "kmsKeyArn",
  "layers",
  "loggingConfig",
  "packageType",
  "publish",
  "publishTo",
  "replaceSecurityGroupsOnDestroy",
  "replacementSecurityGroupIds",
  "s3Bucket",
  "s3Key",
  "s3ObjectVersion",
  "skipDestroy",
  "snapStart",
  "sourceKmsKeyArn",
  "tenancyConfig",
  "tracingConfig",
  "useResourceTimeoutForPropagation",
  "vpcConfig",
];

const properties: PropertyTable = {
  ...regionProperty,
  ...tagProperties,
  ...arnProperty,
  ...ignoredProperties(unused),
  architectures: { type: "array", computed: true },
  // Its hash tells changes.
  code: { type: "any", same: () => true },
  description: { type: "string" },
  environment: { type: "object", fields: { variables: { type: "object" } } },
  handler: { type: "string", required: true },
  lastModified: { type: "string", output: true },
  memorySize: { type: "number", default: 128 },
  name: { type: "string", required: true, replaces: true },
  reservedConcurrentExecutions: { type: "number", default: unreserved },
  role: { type: "string", required: true },
  runtime: { type: "string", required: true },
  sourceCodeHash: { type: "string", computed: true },
  timeout: { type: "number", default: 3 },
};

/** A function whose code comes as an archive; its id is its name. */
export const lambdaFunction = defineResource<Inputs, Outputs>({
  token: "aws:lambda/function:Function",
  properties,
  rules: (inputs) => notStoodIn(inputs, unused),

  /** An import has no code. */
  async settle(inputs) {
    if (inputs.code === undefined || hasUnknown(inputs.code)) return inputs;
    return { ...inputs, sourceCodeHash: codeSha256(await zipOf(inputs.code)) };
  },

  async create(inputs) {
    const { name, region, tags } = inputs;
    const command = new CreateFunctionCommand({
      ...configuration(inputs),
      Code: { ZipFile: await zipOf(inputs.code) },
      ...(inputs.architectures ? { Architectures: inputs.architectures as Architecture[] } : {}),
      ...(tags ? { Tags: tags } : {}),
    });
    await vendorCall(`creating Lambda Function (${name})`, "Lambda: CreateFunction", lambda(region).send(command));
    if (inputs.reservedConcurrentExecutions !== unreserved) await reserve(inputs);
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    const client = lambda(news.region);
    if (olds.sourceCodeHash !== news.sourceCodeHash) await updateCode(news);
    const command = new UpdateFunctionConfigurationCommand(configuration(news));
    const doing = `updating Lambda Function (${id}) configuration`;
    await vendorCall(doing, "Lambda: UpdateFunctionConfiguration", client.send(command));
    if (olds.reservedConcurrentExecutions !== news.reservedConcurrentExecutions) await reserve(news);
    await changeTagRecord(olds.tagsAll, news.tags, {
      tag: (Tags) => client.send(new TagResourceCommand({ Resource: olds.arn, Tags })),
      untag: (TagKeys) => client.send(new UntagResourceCommand({ Resource: olds.arn, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = lambda(region).send(new DeleteFunctionCommand({ FunctionName: id }));
    await unlessGone(gone, vendorCall(`deleting Lambda Function (${id})`, "Lambda: DeleteFunction", sent));
  },
});

function configuration(inputs: Inputs) {
  return {
    FunctionName: inputs.name,
    Description: inputs.description ?? "",
    Handler: inputs.handler,
    Runtime: inputs.runtime as Runtime,
    Role: inputs.role,
    MemorySize: inputs.memorySize,
    Timeout: inputs.timeout,
    Environment: { Variables: inputs.environment?.variables ?? {} },
  };
}

async function updateCode({ name, region, code, architectures }: Inputs): Promise<void> {
  const command = new UpdateFunctionCodeCommand({
    FunctionName: name,
    ZipFile: await zipOf(code),
    ...(architectures ? { Architectures: architectures as Architecture[] } : {}),
  });
  const doing = `updating Lambda Function (${name}) code`;
  await vendorCall(doing, "Lambda: UpdateFunctionCode", lambda(region).send(command));
}

async function reserve({ name, region, reservedConcurrentExecutions: count }: Inputs): Promise<void> {
  const doing = `setting Lambda Function (${name}) concurrency`;
  const sent =
    count === unreserved
      ? lambda(region).send(new DeleteFunctionConcurrencyCommand({ FunctionName: name }))
      : lambda(region).send(
          new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: count }),
        );
  await vendorCall(doing, "Lambda: PutFunctionConcurrency", Promise.resolve<unknown>(sent));
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const sent = lambda(asked.region).send(new GetFunctionCommand({ FunctionName: id }));
  const reading = vendorCall(`reading Lambda Function (${id})`, "Lambda: GetFunction", sent);
  const found = await unlessGone(gone, reading);
  return found && outputs(found, asked);
}

function outputs(answer: GetFunctionCommandOutput, asked: Partial<Inputs>): Outputs {
  const found = answer.Configuration ?? {};
  const variables = found.Environment?.Variables ?? {};
  return {
    region: regionOf(asked.region),
    arn: found.FunctionArn ?? "",
    name: found.FunctionName ?? "",
    architectures: found.Architectures,
    // The service gives no archive back; the vendor's plugin keeps what the state has.
    code: asked.code,
    description: found.Description || undefined,
    environment: Object.keys(variables).length > 0 || asked.environment ? { variables } : undefined,
    handler: found.Handler ?? "",
    lastModified: found.LastModified ?? "",
    memorySize: found.MemorySize ?? 0,
    reservedConcurrentExecutions: answer.Concurrency?.ReservedConcurrentExecutions ?? unreserved,
    role: found.Role ?? "",
    runtime: found.Runtime ?? "",
    sourceCodeHash: asked.sourceCodeHash ?? found.CodeSha256,
    timeout: found.Timeout ?? 0,
    ...tagsOf(answer.Tags, asked.tags),
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`Lambda Function (${id})`, find(id, asked));
}
