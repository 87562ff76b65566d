/**
 * The process in which a function's code runs: `node runtime.ts`, forked. It takes events from its parent one by one and
 * sends back what the handler gives, and ends with its parent. The code is in `LAMBDA_TASK_ROOT`.
 */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { RuntimeAnswer, RuntimeRequest } from "./process.ts";

type Handler = (event: unknown, context: object) => unknown;

const loading = loadHandler(process.env.LAMBDA_TASK_ROOT ?? "", process.env._HANDLER ?? "");
// Asked for only when the first event comes.
loading.catch(() => undefined);

process.on("disconnect", () => process.exit(0));
process.on("message", async (request: RuntimeRequest) => {
  process.send?.(await answerTo(request));
});

async function answerTo({ event, requestId, functionArn, deadline }: RuntimeRequest): Promise<RuntimeAnswer> {
  try {
    const handler = await loading;
    const context = {
      awsRequestId: requestId,
      invokedFunctionArn: functionArn,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: "$LATEST",
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    const result = await handler(JSON.parse(event), context);
    return { payload: JSON.stringify(result) ?? "null" };
  } catch (error) {
    console.error(error);
    return { payload: JSON.stringify(describe(error)), functionError: "Unhandled" };
  }
}

async function loadHandler(root: string, handler: string): Promise<Handler> {
  const dot = handler.lastIndexOf(".");
  const [file, name] = [handler.slice(0, dot), handler.slice(dot + 1)];
  const found = [".mjs", ".js", ".cjs"].map((end) => path.join(root, `${file}${end}`)).find((it) => existsSync(it));
  if (!found) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  const loaded = (await import(pathToFileURL(found).href).catch((cause: Error) => {
    throw named("Runtime.ImportModuleError", `Error: ${cause.message}`);
  })) as Record<string, unknown>;
  const exported = loaded[name];
  if (typeof exported !== "function") throw named("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  return exported as Handler;
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function describe(error: unknown) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}
