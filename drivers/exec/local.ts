import { checkEnv, runProcess } from "./process.ts";
import { quoteCommand } from "./quote.ts";
import type { Command, Exec, Output } from "./types.ts";

/** How programs run on this computer. */
export interface LocalExecOptions {
  /** Added to this process's environment, for every program. */
  env?: Readonly<Record<string, string>>;
  /** The folder that programs start in. Default: this process's own. */
  cwd?: string;
}

/**
 * Runs programs on this computer, each in a process group of its own, so a time-out ends everything that it started.
 * A Ctrl-C at the terminal does not reach them: whoever listens for it aborts the `signal`.
 */
export function localExec(options: LocalExecOptions = {}): Exec {
  const where = "this computer";
  return {
    where,
    async run(command: Command): Promise<Output> {
      const env = { ...options.env, ...command.env };
      checkEnv(env, /\0/, "a NUL character");
      const { exitCode, stdout, stderr } = await runProcess({
        ...command,
        what: `${quoteCommand(command.argv)} on ${where}`,
        env: { ...process.env, ...env },
        cwd: options.cwd,
      });
      return { exitCode, stdout, stderr };
    },
  };
}
