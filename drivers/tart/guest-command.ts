import { randomUUID } from "node:crypto";

/**
 * `tart exec` passes on the guest's exit code, so that 1 and 2 may be the guest's or its own. A small shell around the
 * guest's program therefore writes the code, behind a word that nobody can guess, as the last line of stderr.
 */
export interface GuestCommand {
  /** What to hand to `tart exec`. */
  argv: readonly [string, ...string[]];
  /** True for the line that carries the code. */
  isMark(line: string): boolean;
  /** The guest's exit code and its own stderr; undefined when the program did not run to its end. */
  unwrap(stderr: string): { exitCode: number; stderr: string } | undefined;
}

const script = 'mark=$1; shift; "$@"; printf "\\n%s %d\\n" "$mark" "$?" >&2';

/** Wraps a program that is to run in the guest. */
export function guestCommand(argv: readonly [string, ...string[]]): GuestCommand {
  const mark = `exit-code-${randomUUID()}`;
  const marked = new RegExp(`\\n${mark} (\\d+)\\n`);
  return {
    argv: ["/bin/sh", "-c", script, "sh", mark, ...argv],
    isMark: (line) => line.startsWith(mark),
    unwrap(stderr) {
      const code = marked.exec(stderr)?.[1];
      return code === undefined ? undefined : { exitCode: Number(code), stderr: stderr.replace(marked, "") };
    },
  };
}
