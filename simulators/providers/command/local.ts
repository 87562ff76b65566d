import { localExec } from "../../../drivers/exec/local.ts";
import type { CommandEnd, CommandInputs } from "./types.ts";

/** The vendor waits for ever; a day is that for a command at a deployment. */
const LONGEST_SECONDS = 24 * 3600;

/** Runs a command on this computer, through `/bin/sh -c` unless the inputs name another interpreter. */
export async function runLocal(
  command: string,
  inputs: CommandInputs,
  previous: Record<string, string>,
  signal: AbortSignal,
): Promise<CommandEnd> {
  const [program = "/bin/sh", ...words] = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const exec = localExec(inputs.dir === undefined ? {} : { cwd: inputs.dir });
  const { exitCode, stdout, stderr } = await exec.run({
    argv: [program, ...words, command],
    env: { ...previous, ...inputs.environment },
    timeoutSeconds: LONGEST_SECONDS,
    signal,
    ...(inputs.stdin === undefined ? {} : { stdin: inputs.stdin }),
  });
  return exitCode === 0 ? { stdout, stderr } : { stdout, stderr, failure: `exit status ${exitCode}` };
}
