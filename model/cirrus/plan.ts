import type { Settings } from "../settings.ts";
import { type BuildkitePipeline, buildkitePipeline } from "./buildkite.ts";
import { Findings, type LeftOver, type Note } from "./findings.ts";
import { type GithubWorkflow, githubWorkflow } from "./github.ts";
import type { Job } from "./job.ts";
import { expandMatrices } from "./matrix.ts";
import { labels, uniqueSlugs } from "./naming.ts";
import { type JobTarget, type PoolPlan, planPools } from "./pools.ts";
import type { SettingsFragment } from "./proposal.ts";
import { type CirrusTask, readTask } from "./task.ts";
import { settleOwnClone } from "./task-fields.ts";
import { CirrusFileError, type CirrusMap, type CirrusNode, mergeTemplates } from "./tree.ts";
import type { CiSystem } from "./variables.ts";

/** How to turn a .cirrus.yml. */
export interface MigrationOptions {
  ci: CiSystem;
  /** Today's fleet; its pools are used where they serve. */
  current?: Settings | undefined;
}

/** What a task became. */
export interface TurnedTask extends JobTarget {
  line: number;
  /** The label of the step or the name of the job. */
  label: string;
}

/** Everything that becomes of a .cirrus.yml. */
export interface CirrusMigration {
  ci: CiSystem;
  tasks: TurnedTask[];
  /** What to add to the stack file; empty lists when today's fleet serves all. */
  settings: SettingsFragment;
  /** The pipeline or workflow file, as data. */
  pipeline: BuildkitePipeline | GithubWorkflow;
  /** What was not turned. Empty when all was. */
  leftOvers: LeftOver[];
  notes: Note[];
}

/**
 * Turns a .cirrus.yml into pools and queues of a fleet and the jobs that use them. Pure.
 * @throws CirrusFileError for a file that Cirrus CI would not have taken
 */
export function planCirrusMigration(file: CirrusNode, { ci, current }: MigrationOptions): CirrusMigration {
  const root = mergeTemplates(file);
  if (root.kind !== "map") throw new CirrusFileError(root.line, "a .cirrus.yml is a map of tasks.");
  const findings = new Findings();
  const all = readTasks(root, findings);
  const macTasks = all.filter((task) => task.place.kind === "mac" && !neverRuns(task, findings));
  settleElsewhere(all, findings);
  const demands = macTasks.flatMap(({ place }) => (place.kind === "mac" ? [place.demand] : []));
  const pools = planPools(demands, ci, current, findings);
  const jobs = jobsOf(macTasks, all, pools, ci, findings);
  const pipeline = ci === "buildkite" ? buildkitePipeline(jobs, findings) : githubWorkflow(jobs, findings);
  const tasks = jobs.map(({ task, label, target }) => ({ line: task.line, label, ...target }));
  return { ci, tasks, settings: pools.settings, pipeline, leftOvers: findings.leftOvers, notes: findings.notes };
}

function readTasks(root: CirrusMap, findings: Findings): CirrusTask[] {
  const entries = root.entries.filter(({ key }) => /(task|docker_builder|pipe)$/.test(key));
  const tasks = entries.flatMap(expandMatrices).map((entry) => {
    // What is to be said about a task that is left out would only hide the rest.
    const task = readTask(entry, root, new Findings());
    return task.place.kind === "mac" ? readTask(entry, root, findings) : task;
  });
  if (tasks.length === 0) throw new CirrusFileError(root.line, "there is no task in it.");
  return tasks;
}

/** A condition that is false whatever happens, as one of a matrix's copies may have. */
function neverRuns({ name, run }: CirrusTask, findings: Findings): boolean {
  const never = "condition" in run && run.condition.kind === "constant" && !run.condition.value;
  if (never) findings.note(run.line, `task ${name}`, "Its condition never holds, so it was left out.");
  return never;
}

function settleElsewhere(tasks: readonly CirrusTask[], findings: Findings): void {
  for (const { name, place, line } of tasks)
    if (place.kind === "elsewhere")
      findings.leave(
        line,
        `task ${name}`,
        `It runs on ${place.what} (line ${place.line}), which no fleet of Macs replaces. It was left out.`,
        "Write a job for it that runs on agents of another kind.",
      );
}

function jobsOf(
  tasks: readonly CirrusTask[],
  all: readonly CirrusTask[],
  pools: PoolPlan,
  ci: CiSystem,
  findings: Findings,
): Job[] {
  const ids = uniqueSlugs(
    tasks.map(({ name }) => name),
    60,
  );
  const names = labels(tasks);
  const jobs = tasks.flatMap((task, index): Job[] => {
    if (task.place.kind !== "mac") return [];
    const ownClone = task.instructions.find(({ kind, name }) => kind === "script" && name === "clone");
    if (ownClone) settleOwnClone(ownClone.line, ci, findings);
    const instructions = ci === "buildkite" ? task.instructions.filter((part) => part !== ownClone) : task.instructions;
    const needs = tasks.flatMap((other, at) =>
      task.dependsOn.some((name) => answersTo(other, name)) ? [ids[at] ?? ""] : [],
    );
    settleLostNeeds(task, all, findings);
    return [
      {
        task: { ...task, instructions },
        id: ids[index] ?? task.name,
        label: names[index] ?? task.name,
        needs,
        target: pools.targetOf(task.place.demand),
      },
    ];
  });
  return jobs.map((job) => {
    const namesake = jobs.some(({ label, target }) => label === job.label && target.pool !== job.target.pool);
    return namesake ? { ...job, label: `${job.label} (${job.target.pool})` } : job;
  });
}

function answersTo({ name, alias }: CirrusTask, wanted: string): boolean {
  return name === wanted || alias === wanted;
}

function settleLostNeeds(task: CirrusTask, all: readonly CirrusTask[], findings: Findings): void {
  for (const wanted of task.dependsOn) {
    const others = all.filter((other) => answersTo(other, wanted));
    if (others.length === 0)
      throw new CirrusFileError(task.line, `${task.name} depends on ${wanted}, which is no task.`);
    if (others.some(({ place }) => place.kind === "elsewhere"))
      findings.leave(
        task.line,
        `depends_on: ${wanted}`,
        `${task.name} waits for a task that was left out, so it no longer waits.`,
        "Add the dependency when you have written that job.",
      );
  }
}
