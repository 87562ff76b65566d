import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { DriverError, type FailureDetails, type FailureKind } from "../errors.ts";
import type { Command, Output } from "./types.ts";

/** The most that one stream of a program may write, in bytes. What we run answers in a few pages; more is a mistake. */
export const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** How long the streams may stay open after the program ended: something it left behind may hold them for ever. */
const STREAM_GRACE_SECONDS = 1;
/** How long a program may take to end by itself once its lifeline is cut. */
const LIFELINE_SECONDS = 2;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A program to run on this computer. */
export interface ProcessOptions extends Omit<Command, "env"> {
  /** For messages: what is run and where. */
  what: string;
  /** The whole environment, unlike `Command.env`. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Stdin stays open after `stdin` was written; closing it is the first, polite way to end the program. */
  stdinIsLifeline?: boolean;
  /** Between SIGTERM and SIGKILL. Default 5. */
  killAfterSeconds?: number;
}

/** How a program ended. */
export interface ProcessEnd extends Output {
  /** The signal that ended it; `exitCode` is then 128 and its number, as in a shell. */
  signal: NodeJS.Signals | null;
}

type Ending = { code: number | null; signal: NodeJS.Signals | null };
type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Runs a program in a process group of its own. At a time-out, an abort, or too much output the whole group gets
 * SIGTERM, then SIGKILL, and the error is thrown once the program has ended.
 * @throws DriverError `timeout`, `aborted`, `program-missing`, `invalid-argument`, `unexpected-output` (too much of it)
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const { what, signal, timeoutSeconds } = options;
  if (signal?.aborted) throw new DriverError(`${what} was aborted before it began`, { kind: "aborted" });
  const child = start(options);
  const stop = stopper(child, options);
  const fail = (how: string, kind: FailureKind) => stop.because(new DriverError(`${what} ${how}`, { kind }));
  const tooMuch = () => fail(`wrote more than ${OUTPUT_LIMIT_BYTES} bytes`, "unexpected-output");
  const stdout = collect(child.stdout, tooMuch, lineReader(options.onLine, "stdout"));
  const stderr = collect(child.stderr, tooMuch, lineReader(options.onLine, "stderr"));
  const timer = setTimeout(
    () => fail(`did not end within ${timeoutSeconds} s`, "timeout"),
    Math.min(timeoutSeconds * 1000, LONGEST_TIMER_MS),
  );
  const onAbort = () => fail("was aborted", "aborted");
  signal?.addEventListener("abort", onAbort, { once: true });
  feed(child.stdin, options);
  try {
    const end = await ended(child, () => stop.reason() !== undefined).catch((error) => {
      throw startFailure(options, error);
    });
    if (stop.reason()) throw stop.reason();
    return { exitCode: exitCode(end), signal: end.signal, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Makes sure that a program can be given these variables. Values are never repeated in the message.
 * @throws DriverError `invalid-argument`
 */
export function checkEnv(env: Readonly<Record<string, string>>, forbidden: RegExp, forbiddenName: string): void {
  for (const [name, value] of Object.entries(env)) {
    const problem = !ENV_NAME.test(name)
      ? `${JSON.stringify(name)} is not a name of an environment variable`
      : forbidden.test(value) && `The value of the environment variable ${name} holds ${forbiddenName}`;
    if (problem) throw new DriverError(problem, { kind: "invalid-argument" });
  }
}

function start(options: ProcessOptions): Child {
  const [program, ...args] = options.argv;
  try {
    return spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    throw startFailure(options, error);
  }
}

function startFailure(options: ProcessOptions, error: unknown): DriverError {
  const code = (error as NodeJS.ErrnoException).code;
  const details = (kind: FailureKind, vendorText: string): FailureDetails => ({ kind, vendorText, cause: error });
  if (code === "ENOENT" && options.cwd !== undefined && !existsSync(options.cwd)) {
    const text = `${options.cwd}: no such folder to start it in`;
    return new DriverError(`${options.what} could not start`, details("invalid-argument", text));
  }
  const kind = code === "ENOENT" || code === "EACCES" ? "program-missing" : code ? "invalid-argument" : "failed";
  return new DriverError(`${options.what} could not start`, details(kind, String((error as Error).message)));
}

function stopper(child: Child, { stdinIsLifeline, killAfterSeconds = 5 }: ProcessOptions) {
  let reason: DriverError | undefined;
  let nextStep: NodeJS.Timeout | undefined;
  child.once("exit", () => {
    clearTimeout(nextStep);
    if (reason) signalGroup(child, "SIGKILL");
  });
  const later = (seconds: number, step: () => void) => {
    nextStep = setTimeout(step, seconds * 1000);
  };
  const terminate = () => {
    signalGroup(child, "SIGTERM");
    later(killAfterSeconds, () => signalGroup(child, "SIGKILL"));
  };
  return {
    reason: () => reason,
    because(error: DriverError): void {
      if (reason || child.exitCode !== null || child.signalCode !== null) return;
      reason = error;
      if (stdinIsLifeline) child.stdin.destroy();
      later(stdinIsLifeline ? LIFELINE_SECONDS : 0, terminate);
    },
  };
}

function signalGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left, which is what was wanted.
  }
}

function collect(stream: Readable, tooMuch: () => void, onChunk: (chunk: Buffer) => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > OUTPUT_LIMIT_BYTES) return tooMuch();
    chunks.push(chunk);
    onChunk(chunk);
  });
  stream.once("close", () => onChunk(Buffer.from("")));
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Cuts chunks into lines. An empty chunk is the end, where an unfinished line counts as a line. */
function lineReader(onLine: Command["onLine"], stream: "stdout" | "stderr"): (chunk: Buffer) => void {
  if (!onLine) return () => {};
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const lines = (rest + (chunk.length > 0 ? decoder.write(chunk) : decoder.end())).split("\n");
    rest = lines.pop() ?? "";
    if (chunk.length === 0 && rest !== "") lines.push(rest);
    for (const line of lines) onLine(line.replace(/\r$/, ""), stream);
  };
}

function feed(stdin: Writable, options: ProcessOptions): void {
  // A program may end without reading everything; its exit code tells what that means.
  stdin.on("error", () => {});
  if (options.stdin !== undefined) stdin.write(options.stdin);
  if (!options.stdinIsLifeline) stdin.end();
}

/** Waits for the program to end, and for its streams unless it was stopped: then nobody reads the rest. */
function ended(child: Child, wasStopped: () => boolean): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const settle = () => {
        clearTimeout(grace);
        for (const stream of child.stdio) stream?.destroy();
        resolve({ code, signal });
      };
      const grace = setTimeout(settle, wasStopped() ? 0 : STREAM_GRACE_SECONDS * 1000);
      child.once("close", settle);
    });
  });
}

function exitCode(end: Ending): number {
  return end.signal ? 128 + constants.signals[end.signal] : (end.code ?? 0);
}
