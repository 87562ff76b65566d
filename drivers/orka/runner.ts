import { isFailure } from "../errors.ts";
import type { Exec } from "../exec/types.ts";
import { orkaError } from "./errors.ts";
import type { OrkaSession } from "./session.ts";
import type { CallOptions } from "./types.ts";

/** Enough for a call that only asks or asks for something to begin. */
const DEFAULT_TIMEOUT_SECONDS = 60;

/** Runs orka3 in a session. */
export interface Runner {
  /** Runs a command and answers its stdout; warnings on stderr are nobody's business. @throws DriverError */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a command with `-o json` and reads what it prints. @throws DriverError */
  read<T>(reader: (stdout: string, what: string) => T, args: readonly string[], options?: RunOptions): Promise<T>;
  /** Runs a command that removes something. @returns false when orka3 says that it is not there */
  remove(args: readonly string[], options?: RunOptions): Promise<boolean>;
  /** `--namespace` with the session's namespace. */
  readonly inNamespace: readonly string[];
}

/** How a command is run. */
export interface RunOptions extends CallOptions {
  /** Default 60. */
  timeoutSeconds?: number;
}

/** A runner of orka3 for a session. */
export function orkaRunner(exec: Exec, session: OrkaSession): Runner {
  const nameOf = (args: readonly string[]) => `orka3 ${args.join(" ")} for ${session.cluster.apiUrl}`;

  async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const output = await exec.run({
      argv: ["orka3", ...args],
      env: session.env,
      timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      signal: options.signal,
    });
    if (output.exitCode === 0) return output.stdout;
    throw orkaError(nameOf(args), output.stderr.trim() || output.stdout);
  }

  return {
    run,
    async read(reader, args, options) {
      return reader(await run([...args, "--output", "json"], options), nameOf(args));
    },
    async remove(args, options) {
      try {
        await run(args, options);
        return true;
      } catch (error) {
        if (isFailure(error, "not-found")) return false;
        throw error;
      }
    },
    inNamespace: ["--namespace", session.cluster.namespace],
  };
}
