import type { Condition } from "./condition.ts";
import { buildkiteDialect } from "./condition-buildkite.ts";
import type { Findings } from "./findings.ts";
import type { Instruction, ScriptInstruction } from "./instructions.ts";
import { type Job, literalOf, predefinedOf, sayWhen } from "./job.ts";
import { commandText, exportLines } from "./shell.ts";

/** A step of a Buildkite pipeline, with Buildkite's own names (Buildkite, "Command step", "Block step"). */
export type BuildkiteStep = Record<string, unknown>;

/** A pipeline.yml. */
export interface BuildkitePipeline {
  steps: BuildkiteStep[];
}

/**
 * Cirrus CI ran a job once more, elsewhere, whose worker went away. A stopped agent says so; for one that is lost Buildkite
 * puts the exit status -1 (Buildkite, "Retry").
 */
const retry = {
  automatic: [
    { signal_reason: "agent_stop", limit: 1 },
    { exit_status: -1, limit: 1 },
  ],
};

/** Turns jobs into the steps of a pipeline for `buildkite-agent pipeline upload`. */
export function buildkitePipeline(jobs: readonly Job[], findings: Findings): BuildkitePipeline {
  findings.note(
    undefined,
    "auto-cancellation",
    "Cirrus CI cancelled builds that a newer one of the branch made pointless: switch on `Cancel intermediate builds` for all but the default branch.",
  );
  const hasBlocks = jobs.some(({ task }) => task.manual);
  return { steps: jobs.flatMap((job) => jobSteps(job, hasBlocks, findings)) };
}

/** Without dependencies a step waits for the blocks above it, so `null` says that it does not. */
function jobSteps(job: Job, hasBlocks: boolean, findings: Findings): BuildkiteStep[] {
  const { task, id, label, needs } = job;
  const rules = runRules(job, findings);
  const waits = needs.length > 0 ? { depends_on: needs } : hasBlocks ? { depends_on: null } : {};
  const blockKey = `${id}-start`;
  const block = { block: label, key: blockKey, ...waits, ...("if" in rules ? { if: rules.if } : {}) };
  const environment = Object.fromEntries(literalOf(job));
  const step = {
    label,
    key: id,
    ...(task.manual ? { depends_on: [blockKey] } : waits),
    ...rules,
    agents: { queue: job.target.queue },
    ...(Object.keys(environment).length > 0 ? { env: environment } : {}),
    ...(task.environment.secrets.length > 0 ? { secrets: task.environment.secrets } : {}),
    timeout_in_minutes: task.timeoutMinutes,
    retry,
    ...(task.allowFailures ? { soft_fail: true } : {}),
    ...artifacts(task.instructions, findings),
    command: command(job, findings),
  };
  const steps = [...(task.manual ? [block] : []), step].map((part) => escapeAll(part) as BuildkiteStep);
  Object.assign(steps.at(-1) ?? {}, lock(job, findings));
  return steps;
}

function runRules(job: Job, findings: Findings): BuildkiteStep {
  const { run } = job.task;
  const { changed, rest } = "condition" in run ? splitChanges(run.condition) : {};
  const said = sayWhen(job, rest, buildkiteDialect, "buildkite", findings);
  const rules = changed ? { if_changed: changed } : {};
  if (changed) findings.note(run.line, "changesInclude", "`if_changed` needs version 3.109 or later of the agent.");
  if (said === undefined) return rules;
  return "text" in said ? { if: said.text, ...rules } : { skip: "Its condition is still to be written" };
}

type Changes = string[] | { include: string; exclude: string[] };

/** Takes the one question about changed files out of a condition that holds only if it does (Buildkite, `if_changed`). */
function splitChanges(condition: Condition): { changed?: Changes; rest?: Condition } {
  const changed = changesOf(condition);
  if (changed) return { changed };
  if (condition.kind !== "and") return { rest: condition };
  const [left, right] = [changesOf(condition.left), changesOf(condition.right)];
  if (left) return { changed: left, rest: condition.right };
  if (right) return { changed: right, rest: condition.left };
  return { rest: condition };
}

function changesOf(condition: Condition): Changes | undefined {
  if (condition.kind === "changes" && !condition.only) return condition.globs;
  if (condition.kind === "not" && condition.of.kind === "changes" && condition.of.only)
    return { include: "**", exclude: condition.of.globs };
  return undefined;
}

function command(job: Job, findings: Findings): string {
  const { task } = job;
  const { clone, computed } = task.environment;
  if (clone.depth > 0 || clone.submodules || clone.tags)
    findings.note(
      task.line,
      "CIRRUS_CLONE_*",
      "How much is cloned is now a setting of the agents (git-clone-flags), not of the job.",
    );
  const exports = exportLines(computed);
  const predefined = predefinedOf(job, "buildkite", findings).map(([name, value]) => `export ${name}="${value}"`);
  return commandText([...predefined, ...exports], scripts(task.instructions, findings));
}

function scripts(instructions: readonly Instruction[], findings: Findings): ScriptInstruction[] {
  return instructions.flatMap((instruction): ScriptInstruction[] => {
    if (instruction.kind === "script") return [instruction];
    if (instruction.kind === "artifacts") return [];
    const { name, line, when, populateScript } = instruction;
    findings.leave(
      line,
      `${name}_cache`,
      "Buildkite has no cache service for Macs of your own.",
      "Put what rarely changes into the image, or use a cache plugin with a store of your own. Until then it is made afresh in each job.",
    );
    if (populateScript.length === 0) return [];
    return [{ kind: "script", name: `fill ${name}`, line, when, lines: populateScript, background: false }];
  });
}

function artifacts(instructions: readonly Instruction[], findings: Findings): BuildkiteStep {
  const found = instructions.filter((instruction) => instruction.kind === "artifacts");
  if (found.length === 0) return {};
  for (const { line, name, when } of found)
    if (when !== "always")
      findings.note(line, `${name}_artifacts`, "Buildkite keeps the files whether the job fails or not.");
  return { artifact_paths: found.flatMap(({ paths }) => paths) };
}

function lock({ task }: Job, findings: Findings): BuildkiteStep {
  if (!task.lock) return {};
  const text = task.lock.text.replace(/\$\{?CIRRUS_BRANCH\b\}?/g, `\${BUILDKITE_BRANCH}`);
  if (/\$\{?CIRRUS_/.test(text)) {
    findings.leave(
      task.lock.line,
      "execution_lock",
      `Buildkite knows no counterpart of ${task.lock.text} when it makes the step.`,
      "Choose another text for `concurrency_group`.",
    );
    return {};
  }
  return { concurrency: 1, concurrency_group: `\${BUILDKITE_PIPELINE_SLUG}/${text}` };
}

function escapeAll(value: unknown): unknown {
  if (typeof value === "string") return escapeForUpload(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, escapeAll(part)]));
}

/**
 * A text that `pipeline upload` hands on as it is. It puts values in for `$NAME`, and takes both `$$` and `\$` for a dollar
 * sign; so a backslash before a dollar sign has to be the default of a variable that is never set (buildkite/interpolate,
 * grammar in parser.go).
 */
export function escapeForUpload(text: string): string {
  return text.replace(/(\\\\)*(\\?)\$/g, (found: string, _pairs, backslash: string) =>
    backslash === "" ? `${found}$` : `${found.slice(0, -2)}\${BACKSLASH-\\}$$`,
  );
}
