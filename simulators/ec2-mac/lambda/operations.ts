import { createHash } from "node:crypto";
import { z } from "zod";
import { type RestCall, RestError, type RestOperation } from "../rest.ts";
import type { CodeStore } from "./code.ts";
import { arnOf, type Functions } from "./functions.ts";
import type { SimFunction } from "./state.ts";

const tags = z.record(z.string(), z.string());
const codeSchema = z.object({
  ZipFile: z.string().optional(),
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
});
const configurationSchema = z.object({
  Role: z.string().optional(),
  Runtime: z.string().optional(),
  Handler: z.string().optional(),
  Description: z.string().optional(),
  Timeout: z.int().min(1).max(900).optional(),
  MemorySize: z.int().min(128).max(10_240).optional(),
  Environment: z.object({ Variables: tags.default({}) }).optional(),
});
const createSchema = configurationSchema.extend({
  FunctionName: z.string().regex(/^[a-zA-Z0-9-_]{1,64}$/),
  Role: z.string(),
  Runtime: z.string(),
  Handler: z.string(),
  Code: codeSchema,
  Architectures: z.array(z.string()).default(["x86_64"]),
  Tags: tags.default({}),
});

/** What the operations work with. */
export interface LambdaOptions {
  functions: Functions;
  all: SimFunction[];
  code: CodeStore;
  /** Reads an object of S3. */
  readObject(region: string, bucket: string, key: string): Promise<Buffer>;
}

const FUNCTIONS = "/2015-03-31/functions";

/** The operations that make, change and show functions, and run them. */
export function lambdaOperations(options: LambdaOptions): RestOperation[] {
  const { functions, all } = options;
  const found = ({ region, params }: RestCall) => functions.find(region, nameIn(params.Name));
  return [
    { name: "CreateFunction", method: "POST", path: FUNCTIONS, run: (call) => create(call, options) },
    {
      name: "ListFunctions",
      method: "GET",
      path: FUNCTIONS,
      run: ({ region }) => ({ body: { Functions: all.filter((it) => it.region === region).map(describe) } }),
    },
    {
      name: "GetFunction",
      method: "GET",
      path: `${FUNCTIONS}/{Name}`,
      run: (call) => {
        const it = found(call);
        const Concurrency = { ReservedConcurrentExecutions: it.reservedConcurrency };
        const Code = { RepositoryType: "S3", Location: `https://example.invalid/${it.name}.zip` };
        return { body: { Configuration: describe(it), Code, Tags: it.tags, Concurrency } };
      },
    },
    {
      name: "GetFunctionConfiguration",
      method: "GET",
      path: `${FUNCTIONS}/{Name}/configuration`,
      run: (call) => ({ body: describe(found(call)) }),
    },
    {
      name: "UpdateFunctionCode",
      method: "PUT",
      path: `${FUNCTIONS}/{Name}/code`,
      run: async (call) => {
        const it = found(call);
        Object.assign(it, await takeCode(call.region, readBody(codeSchema, call.body), options));
        return changed(it, call, options);
      },
    },
    {
      name: "UpdateFunctionConfiguration",
      method: "PUT",
      path: `${FUNCTIONS}/{Name}/configuration`,
      run: (call) => {
        const it = found(call);
        Object.assign(it, configurationOf(readBody(configurationSchema, call.body), it));
        return changed(it, call, options);
      },
    },
    {
      name: "DeleteFunction",
      method: "DELETE",
      path: `${FUNCTIONS}/{Name}`,
      run: async (call) => {
        const it = found(call);
        all.splice(all.indexOf(it), 1);
        await functions.retire(it.region, it.name);
        return { status: 204 };
      },
    },
    { name: "Invoke", method: "POST", path: `${FUNCTIONS}/{Name}/invocations`, run: (call) => invoke(call, functions) },
    {
      name: "ListVersionsByFunction",
      method: "GET",
      path: `${FUNCTIONS}/{Name}/versions`,
      run: (call) => ({ body: { Versions: [describe(found(call))] } }),
    },
  ];
}

/** The name in a name, an ARN, or either with a version behind it. */
export function nameIn(given = ""): string {
  return /^(?:arn:aws:lambda:[^:]+:\d+:function:)?([^:]+)/.exec(given)?.[1] ?? given;
}

/** The body in the shape that the operation needs. @throws RestError `InvalidParameterValueException` */
export function readBody<T>(schema: z.ZodType<T>, body: Buffer): T {
  const parsed = schema.safeParse(JSON.parse(body.toString("utf8") || "{}"));
  if (parsed.success) return parsed.data;
  throw invalid(z.prettifyError(parsed.error));
}

async function create(call: RestCall, options: LambdaOptions) {
  const { region, now } = call;
  const request = readBody(createSchema, call.body);
  const { FunctionName: name, Architectures: architectures, Tags } = request;
  if (options.all.some((it) => it.region === region && it.name === name))
    throw new RestError("ResourceConflictException", 409, `Function already exist: ${name}`);
  if (!request.Runtime.startsWith("nodejs")) throw invalid(`The simulator runs only Node, not ${request.Runtime}.`);
  const code = await takeCode(region, request.Code, options);
  const it: SimFunction = {
    region,
    name,
    architectures,
    tags: Tags,
    ...configurationOf(request, {
      role: request.Role,
      runtime: request.Runtime,
      handler: request.Handler,
      description: "",
      timeoutSeconds: 3,
      memoryMb: 128,
      environment: {},
    }),
    ...code,
    modifiedAt: now,
    revision: 1,
    policy: {},
  };
  options.all.push(it);
  return { status: 201, body: describe(it) };
}

type Configuration = Pick<
  SimFunction,
  "role" | "runtime" | "handler" | "description" | "timeoutSeconds" | "memoryMb" | "environment"
>;

/** What is given, and the rest as it was. */
function configurationOf(request: z.infer<typeof configurationSchema>, before: Configuration): Configuration {
  return {
    role: request.Role ?? before.role,
    runtime: request.Runtime ?? before.runtime,
    handler: request.Handler ?? before.handler,
    description: request.Description ?? before.description,
    timeoutSeconds: request.Timeout ?? before.timeoutSeconds,
    memoryMb: request.MemorySize ?? before.memoryMb,
    environment: request.Environment?.Variables ?? before.environment,
  };
}

async function takeCode(region: string, given: z.infer<typeof codeSchema>, { code, readObject }: LambdaOptions) {
  const { ZipFile, S3Bucket, S3Key } = given;
  if (ZipFile === undefined && (S3Bucket === undefined || S3Key === undefined))
    throw invalid("Please provide a source for function code.");
  const archive =
    ZipFile === undefined ? await readObject(region, S3Bucket ?? "", S3Key ?? "") : Buffer.from(ZipFile, "base64");
  const codeSha256 = createHash("sha256").update(archive).digest("base64");
  try {
    code.save(codeSha256, archive);
  } catch (error) {
    throw invalid(`Could not unzip uploaded file: ${error instanceof Error ? error.message : error}`);
  }
  return { codeSha256, codeSize: archive.length };
}

async function changed(it: SimFunction, { now }: RestCall, { functions }: LambdaOptions) {
  it.modifiedAt = now;
  it.revision += 1;
  await functions.retire(it.region, it.name);
  return { body: describe(it) };
}

async function invoke({ region, params, body, header }: RestCall, functions: Functions) {
  const name = nameIn(params.Name);
  const event = body.toString("utf8") || "{}";
  if (header("x-amz-invocation-type") === "Event") {
    functions.start(region, name, event);
    return { status: 202 };
  }
  const { payload, functionError, log } = await functions.run(region, name, event);
  const headers = {
    "x-amz-executed-version": "$LATEST",
    ...(functionError ? { "x-amz-function-error": functionError } : {}),
    ...(header("x-amz-log-type") === "Tail" ? { "x-amz-log-result": Buffer.from(log).toString("base64") } : {}),
  };
  return { body: Buffer.from(payload), headers };
}

function describe(it: SimFunction) {
  return {
    FunctionName: it.name,
    FunctionArn: arnOf(it),
    Role: it.role,
    Runtime: it.runtime,
    Handler: it.handler,
    Description: it.description,
    Timeout: it.timeoutSeconds,
    MemorySize: it.memoryMb,
    Architectures: it.architectures,
    Environment: { Variables: it.environment },
    CodeSha256: it.codeSha256,
    CodeSize: it.codeSize,
    LastModified: new Date(it.modifiedAt).toISOString().replace("Z", "+0000"),
    RevisionId: String(it.revision),
    Version: "$LATEST",
    PackageType: "Zip",
    State: "Active",
    LastUpdateStatus: "Successful",
    TracingConfig: { Mode: "PassThrough" },
    EphemeralStorage: { Size: 512 },
  };
}

function invalid(message: string): RestError {
  return new RestError("InvalidParameterValueException", 400, message);
}
