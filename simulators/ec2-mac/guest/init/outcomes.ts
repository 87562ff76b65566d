import type { Outcome } from "../../../mac/launchd/commands.ts";

/** A program did what it was asked to, and wrote this. */
export function success(stdout: string): Outcome {
  return { exitCode: 0, stdout, stderr: "" };
}

/** A program failed, and said why. */
export function failure(exitCode: number, text: string): Outcome {
  return { exitCode, stdout: "", stderr: `${text}\n` };
}

/** A program failed as most do, with exit code 1. */
export function refusal(text: string): Outcome {
  return failure(1, text);
}
