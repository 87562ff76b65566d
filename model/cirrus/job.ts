import type { Condition } from "./condition.ts";
import { type ConditionText, conditionText, type Dialect } from "./condition-text.ts";
import type { Findings } from "./findings.ts";
import type { JobTarget } from "./pools.ts";
import { predefinedIn, shellTexts } from "./shell.ts";
import type { CirrusTask } from "./task.ts";
import { type CiSystem, counterpart } from "./variables.ts";

/** A task with its place in the new CI system. */
export interface Job {
  task: CirrusTask;
  /** Unique in the pipeline. */
  id: string;
  label: string;
  /** The jobs it waits for, by their ids. */
  needs: string[];
  target: JobTarget;
}

/**
 * Variables of Cirrus CI that a job's scripts read, with their counterparts; the task's name is known as it is. Says
 * which have none.
 */
export function predefinedOf({ task }: Job, ci: CiSystem, findings: Findings): [name: string, value: string][] {
  const computed = task.environment.computed.map(([, value]) => value);
  return predefinedIn([...shellTexts(task.instructions), ...computed]).flatMap((name): [string, string][] => {
    const value = counterpart(name, ci);
    if (value !== undefined) return [[name, value]];
    if (name !== "CIRRUS_TASK_NAME")
      findings.leave(
        task.line,
        `$${name}`,
        "Scripts of the task read it, and the new CI system has nothing like it.",
        "Change the scripts.",
      );
    return [];
  });
}

/** The plain variables of a job, with the task's name where its scripts ask for it. */
export function literalOf({ task }: Job): [name: string, value: string][] {
  const asksName = predefinedIn(shellTexts(task.instructions)).includes("CIRRUS_TASK_NAME");
  return [...task.environment.literal, ...(asksName ? [["CIRRUS_TASK_NAME", task.name] as [string, string]] : [])];
}

/** When a job runs, in words of the new CI system; undefined for always. What can't be said is left to a person. */
export function sayWhen(
  { task }: Job,
  condition: Condition | undefined,
  dialect: Dialect,
  ci: CiSystem,
  findings: Findings,
): ConditionText | undefined {
  const { run } = task;
  const said = saying(condition, "unclear" in run ? run.unclear : undefined, dialect);
  if (said && "why" in said)
    findings.leave(
      run.line,
      "only_if, skip",
      `The condition can't be said: ${said.why}.`,
      ci === "buildkite"
        ? "The step is skipped until you write its condition, so that nothing runs that should not."
        : "The job runs only when the workflow is started by hand, until you write its condition.",
    );
  if (condition && mentions(condition, "CIRRUS_CRON"))
    findings.leave(
      run.line,
      "$CIRRUS_CRON",
      "Builds by the clock were set up on Cirrus CI's pages, not in the file.",
      ci === "buildkite" ? "Add a schedule to the pipeline's settings." : "Add `schedule` to the workflow's `on`.",
    );
  return said;
}

function saying(condition: Condition | undefined, unclear: string | undefined, dialect: Dialect) {
  if (unclear !== undefined) return { why: unclear };
  if (condition === undefined || (condition.kind === "constant" && condition.value)) return undefined;
  return conditionText(condition, dialect);
}

function mentions(condition: Condition, variable: string): boolean {
  switch (condition.kind) {
    case "not":
      return mentions(condition.of, variable);
    case "and":
    case "or":
      return mentions(condition.left, variable) || mentions(condition.right, variable);
    case "compare":
      return [condition.left, condition.right].some((side) => "variable" in side && side.variable === variable);
    default:
      return false;
  }
}
