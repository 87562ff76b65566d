import { randomUUID } from "node:crypto";
import type { SimClock } from "../clock.ts";
import { ACCOUNT_ID } from "../context.ts";
import { RestError } from "../rest.ts";
import type { CodeStore } from "./code.ts";
import { FunctionProcess } from "./process.ts";
import type { FunctionRun, SimFunction } from "./state.ts";

/** What functions run in. */
export interface FunctionsOptions {
  functions: SimFunction[];
  code: CodeStore;
  clock: SimClock;
  /** Of the simulated AWS, as functions see it. */
  url(): string;
  /** Told of each run after it. */
  returned(run: FunctionRun): void;
}

/** Lambda's own limit of an account is 1,000; this computer has less. */
const MOST_AT_ONCE = 10;
const KEPT_RUNS = 200;

/** A process, with what it was started for. */
interface Warm {
  process: FunctionProcess;
  revision: number;
  isBusy: boolean;
}

/** Runs functions in processes of their own, which are used again while nothing about the function changes. */
export class Functions {
  readonly #options: FunctionsOptions;
  readonly #warm = new Map<string, Warm[]>();
  #isClosed = false;
  /** The newest runs, oldest first. */
  readonly runs: FunctionRun[] = [];

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  /** @throws RestError `ResourceNotFoundException` */
  find(region: string, name: string): SimFunction {
    const found = this.#options.functions.find((item) => item.region === region && item.name === name);
    if (found) return found;
    throw new RestError("ResourceNotFoundException", 404, `Function not found: ${arnOf({ region, name })}`);
  }

  /** Runs the function and waits. @throws RestError when there is none, or too many of it run already */
  async run(region: string, name: string, event: string): Promise<FunctionRun> {
    const it = this.find(region, name);
    const warm = this.#take(it);
    warm.isBusy = true;
    const requestId = randomUUID();
    const deadline = Date.now() + it.timeoutSeconds * 1000;
    const at = this.#options.clock.now();
    const answer = await warm.process.run({ event, requestId, functionArn: arnOf(it), deadline });
    warm.isBusy = false;
    const run = { functionName: name, requestId, at, event, ...answer };
    this.runs.push(run);
    this.runs.splice(0, this.runs.length - KEPT_RUNS);
    if (!this.#isClosed) this.#options.returned(run);
    return run;
  }

  /** Begins a run that nobody waits for. @throws RestError as `run` */
  start(region: string, name: string, event: string): void {
    this.find(region, name);
    if (!this.#hasRoom(this.find(region, name))) throw throttled();
    this.run(region, name, event).catch(() => undefined);
  }

  /** Ends the processes that nobody uses any more; after a change of the function. */
  async retire(region: string, name: string): Promise<void> {
    const key = `${region}/${name}`;
    const idle = (this.#warm.get(key) ?? []).filter(({ isBusy }) => !isBusy);
    this.#warm.set(
      key,
      (this.#warm.get(key) ?? []).filter(({ isBusy }) => isBusy),
    );
    await Promise.all(idle.map(({ process }) => process.end()));
  }

  /** Ends all processes, the busy ones too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#warm.values()].flat().map(({ process }) => process.end()));
  }

  #take(it: SimFunction): Warm {
    if (!this.#hasRoom(it)) throw throttled();
    const all = this.#processesOf(it);
    const idle = all.find(({ isBusy, revision }) => !isBusy && revision === it.revision);
    if (idle) return idle;
    const warm = { process: new FunctionProcess(this.#processOptions(it)), revision: it.revision, isBusy: false };
    all.push(warm);
    return warm;
  }

  #hasRoom(it: SimFunction): boolean {
    const busy = this.#processesOf(it).filter(({ isBusy }) => isBusy);
    return !this.#isClosed && busy.length < (it.reservedConcurrency ?? MOST_AT_ONCE);
  }

  /** Those that live; a busy one of an older revision finishes its event and is not used again. */
  #processesOf({ region, name }: SimFunction): Warm[] {
    const key = `${region}/${name}`;
    const alive = (this.#warm.get(key) ?? []).filter(({ process, isBusy }) => isBusy || process.isAlive);
    this.#warm.set(key, alive);
    return alive;
  }

  #processOptions(it: SimFunction) {
    const { code, url } = this.#options;
    const folder = code.folder(it.codeSha256);
    const { PATH = "", HOME = "", NODE_COMPILE_CACHE } = process.env;
    const env = {
      PATH,
      HOME,
      ...(NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}),
      ...it.environment,
      AWS_ENDPOINT_URL: url(),
      AWS_REGION: it.region,
      AWS_DEFAULT_REGION: it.region,
      AWS_ACCESS_KEY_ID: "simulated-function",
      AWS_SECRET_ACCESS_KEY: "simulated",
      AWS_SESSION_TOKEN: "simulated",
      AWS_LAMBDA_FUNCTION_NAME: it.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(it.memoryMb),
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: it.handler,
      TZ: "UTC",
    };
    return { folder, env, logFile: code.logFile(it.name) };
  }
}

/** The ARN of a function. */
export function arnOf({ region, name }: Pick<SimFunction, "region" | "name">): string {
  return `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;
}

function throttled(): RestError {
  return new RestError("TooManyRequestsException", 429, "Rate Exceeded.");
}
