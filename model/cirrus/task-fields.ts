import type { Findings } from "./findings.ts";
import { type CirrusEntry, textOf } from "./tree.ts";
import type { CiSystem } from "./variables.ts";

/** Fields of a task that are read elsewhere. */
export const readFields: readonly string[] = [
  "name",
  "alias",
  "env",
  "environment",
  "depends_on",
  "only_if",
  "skip",
  "allow_failures",
  "timeout_in",
  "trigger_type",
  "execution_lock",
];

/** Fields that a task has from the top of the file where it has none itself (cirrus-cli: collectible fields). */
export const inheritedFields: readonly string[] = [
  "skip",
  "allow_failures",
  "timeout_in",
  "trigger_type",
  "execution_lock",
  "auto_cancellation",
  "stateful",
  "skip_notifications",
  "required_pr_labels",
  "experimental",
  "use_compute_credits",
];

interface FieldAdvice {
  why: string;
  byHand: string;
}

const advice = new Map<string, FieldAdvice>(
  Object.entries({
    auto_cancellation: {
      why: "When to cancel a build for a newer one is a setting of the pipeline, not of a task.",
      byHand:
        "Buildkite: `Cancel intermediate builds` in the pipeline's settings. GitHub: `concurrency` at the top of the workflow.",
    },
    required_pr_labels: {
      why: "No CI system waits for a label on a pull request.",
      byHand: "Ask for the label in the job's condition, and start a build when a label is set.",
    },
    skip_notifications: {
      why: "A job can't keep its result from the commit's checks.",
      byHand: "Let the job fail softly, or move it to a pipeline of its own that reports nothing.",
    },
    upload_caches: {
      why: "Caches are sent at the end of a job only.",
      byHand: "Split the job, if a cache has to be there earlier.",
    },
  }),
);

/** What had a meaning for Cirrus CI's scheduler and prices only. */
const withoutMeaning: readonly string[] = ["stateful", "experimental", "use_compute_credits"];

/** Says what becomes of a field that nothing else reads. */
export function settleOtherField({ key, line }: CirrusEntry, findings: Findings): void {
  if (withoutMeaning.includes(key)) {
    findings.note(line, key, "It told Cirrus CI's own scheduler something. Nothing takes its place.");
    return;
  }
  const { why, byHand } = advice.get(key) ?? {
    why: "It is no field of a task that is known here.",
    byHand: "Look up what it did, and whether it is still needed.",
  };
  findings.leave(line, key, why, byHand);
}

/** Cirrus CI's default (faq, "Instance timed out"). */
const defaultTimeoutMinutes = 60;

/** `90`, `90m`, `2h` or `1h30m` in whole minutes, at least one. */
export function timeoutMinutes(entry: CirrusEntry | undefined, findings: Findings): number {
  const text = textOf(entry?.value)?.trim();
  if (entry === undefined || text === undefined) return defaultTimeoutMinutes;
  if (/^\d+$/.test(text)) return Math.max(1, Number(text));
  if (/^(\d+[dhms])+$/.test(text)) {
    const unitMinutes: Readonly<Record<string, number>> = { d: 24 * 60, h: 60, m: 1, s: 1 / 60 };
    const parts = [...text.matchAll(/(\d+)([dhms])/g)];
    const minutes = parts.reduce((sum, [, amount, unit = "m"]) => sum + Number(amount) * (unitMinutes[unit] ?? 1), 0);
    return Math.max(1, Math.ceil(minutes));
  }
  findings.leave(
    entry.line,
    entry.key,
    `${JSON.stringify(text)} is no time that can be read; ${defaultTimeoutMinutes} minutes stand there now.`,
    "Write the time limit in minutes.",
  );
  return defaultTimeoutMinutes;
}

/** What a task's `clone_script` means: Cirrus CI ran it in place of its own clone. */
export function settleOwnClone(line: number, ci: CiSystem, findings: Findings): void {
  if (ci === "github") {
    findings.note(line, "clone_script", "The job has no checkout step; the script fetches the code, as before.");
    return;
  }
  findings.leave(
    line,
    "clone_script",
    "Buildkite's agent checks the code out before the command; this script would do it a second time, so it was left out.",
    "If it did more than clone, move that into a `checkout` hook or into the command.",
  );
}
