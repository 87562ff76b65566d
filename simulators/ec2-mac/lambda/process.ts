import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { fileURLToPath } from "node:url";

/** An event for a function's process. */
export interface RuntimeRequest {
  /** JSON */
  event: string;
  requestId: string;
  functionArn: string;
  /** Real time, in milliseconds since 1970. */
  deadline: number;
}

/** What came of it. */
export interface RuntimeAnswer {
  /** JSON */
  payload: string;
  functionError?: "Unhandled";
}

/** How to start a function's process. */
export interface ProcessOptions {
  folder: string;
  env: Readonly<Record<string, string>>;
  logFile: string;
}

const runtime = fileURLToPath(new URL("./runtime.ts", import.meta.url));
const TAIL_BYTES = 4096;

/** A process that runs a function's code, for one event after the other. It ends with this process, even a killed one. */
export class FunctionProcess {
  readonly #child: ChildProcess;
  readonly #logs: WriteStream;
  #log = "";

  constructor({ folder, env, logFile }: ProcessOptions) {
    this.#logs = createWriteStream(logFile, { flags: "a" });
    this.#child = fork(runtime, [], { cwd: folder, env, execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#logs.write(chunk);
        this.#log = (this.#log + chunk.toString("utf8")).slice(-TAIL_BYTES);
      });
    }
    this.#child.once("close", () => this.#logs.end());
    this.#child.once("error", (error) => this.#logs.write(`${error}\n`));
  }

  /** True until it has ended. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  /** Gives it an event and waits for the answer, at most until the deadline: then it is killed, as by Lambda. */
  async run(request: RuntimeRequest): Promise<RuntimeAnswer & { log: string }> {
    this.#log = "";
    const over = new AbortController();
    const limit = request.deadline - Date.now();
    const timer = setTimeout(() => over.abort(), limit);
    const answer = Promise.race([
      once(this.#child, "message", { signal: over.signal }).then(([message]) => message as RuntimeAnswer),
      once(this.#child, "exit", { signal: over.signal }).then(([code]) => exited(request, code as number | null)),
    ]);
    try {
      this.#child.send(request);
      return { ...(await answer), log: this.#log };
    } catch {
      await this.end();
      return { ...timedOut(request, limit), log: this.#log };
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  /** Ends it at once and waits until it is gone. */
  async end(): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}

function exited({ requestId }: RuntimeRequest, code: number | null): RuntimeAnswer {
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`;
  return { payload: JSON.stringify({ errorType: "Runtime.ExitError", errorMessage }), functionError: "Unhandled" };
}

function timedOut({ requestId }: RuntimeRequest, limit: number): RuntimeAnswer {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(limit / 1000).toFixed(2)} seconds`;
  return { payload: JSON.stringify({ errorType: "Sandbox.Timedout", errorMessage }), functionError: "Unhandled" };
}
