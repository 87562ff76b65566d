import { githubDialect } from "./condition-github.ts";
import type { Findings } from "./findings.ts";
import { expression, protect } from "./github-expression.ts";
import { type GithubStep, githubSteps } from "./github-steps.ts";
import { type Job, literalOf, predefinedOf, sayWhen } from "./job.ts";

/** A job of a workflow, with GitHub's own names (GitHub, "Workflow syntax"). */
export interface GithubJob {
  name: string;
  "runs-on": { group: string };
  steps: GithubStep[];
  [field: string]: unknown;
}

/** A workflow file. */
export interface GithubWorkflow {
  name: string;
  on: Record<string, null>;
  permissions: Record<string, string>;
  concurrency: Record<string, string>;
  jobs: Record<string, GithubJob>;
}

/** Turns jobs into a workflow. A newer build of a branch cancels the older, but for the default branch: as Cirrus CI did. */
export function githubWorkflow(jobs: readonly Job[], findings: Findings): GithubWorkflow {
  findings.note(
    undefined,
    "on",
    "A push to a branch with a pull request starts two runs now. Narrow `on.push.branches`, if one will do.",
  );
  findings.note(
    undefined,
    "retry",
    "Cirrus CI ran a job once more whose worker went away. GitHub Actions does not: somebody re-runs the failed jobs.",
  );
  const conditional = new Set<string>();
  return {
    name: "CI",
    on: { push: null, pull_request: null, workflow_dispatch: null },
    permissions: { contents: "read" },
    concurrency: {
      group: `${expression("github.workflow")}-${expression("github.ref")}`,
      "cancel-in-progress": expression("github.ref_name != github.event.repository.default_branch"),
    },
    jobs: Object.fromEntries(inOrderOfNeed(jobs).map((job) => [job.id, workflowJob(job, conditional, findings)])),
  };
}

/** Each after those it needs, so that it is known of them whether they may be skipped. */
function inOrderOfNeed(jobs: readonly Job[]): Job[] {
  const ordered = new Set<Job>();
  const visit = (job: Job): void => {
    for (const other of jobs) if (job.needs.includes(other.id) && !ordered.has(other)) visit(other);
    ordered.add(job);
  };
  for (const job of jobs) visit(job);
  return [...ordered];
}

/** `conditional` gathers the jobs that may be skipped. */
function workflowJob(job: Job, conditional: Set<string>, findings: Findings): GithubJob {
  const { task, id, label, needs, target } = job;
  const when = runsIf(job, conditional, findings);
  if (when !== undefined) conditional.add(id);
  const environment = jobEnvironment(job, findings);
  return {
    name: protect(label),
    ...(needs.length > 0 ? { needs } : {}),
    ...(when === undefined ? {} : { if: expression(when) }),
    "runs-on": { group: target.queue },
    "timeout-minutes": task.timeoutMinutes,
    ...(task.allowFailures ? { "continue-on-error": true } : {}),
    ...lock(job, findings),
    ...(Object.keys(environment).length > 0 ? { env: environment } : {}),
    steps: githubSteps(job),
  };
}

/** A job is skipped with a job it needs that was skipped, which Cirrus CI took for done; so the need is said otherwise. */
function runsIf(job: Job, conditional: ReadonlySet<string>, findings: Findings): string | undefined {
  const { run } = job.task;
  const condition = "condition" in run ? run.condition : undefined;
  const said = sayWhen(job, condition, githubDialect, "github", findings);
  const parts: string[] = [];
  if (job.needs.some((id) => conditional.has(id))) parts.push("!failure() && !cancelled()");
  if (job.task.manual) {
    findings.leave(
      job.task.line,
      "trigger_type: manual",
      "A job of GitHub Actions can't wait for a click. This one runs when the whole workflow is started by hand.",
      "Give it an `environment` that needs somebody's review, if it should wait within a run.",
    );
    parts.push("github.event_name == 'workflow_dispatch'");
  }
  if (said && "text" in said) parts.push(said.text);
  if (said && "why" in said && !job.task.manual) parts.push("github.event_name == 'workflow_dispatch'");
  const [first, ...more] = parts;
  return more.length === 0 ? first : parts.map((part) => `(${part})`).join(" && ");
}

function jobEnvironment(job: Job, findings: Findings): Record<string, string> {
  const predefined = predefinedOf(job, "github", findings).map(([name, value]) => [name, expression(value)] as const);
  const literal = literalOf(job).map(([name, value]) => [name, protect(value)] as const);
  const secrets = job.task.environment.secrets.map(
    (name) => [name, expression(`secrets.${secretName(name, job, findings)}`)] as const,
  );
  return Object.fromEntries([...predefined, ...literal, ...secrets]);
}

function secretName(name: string, { task }: Job, findings: Findings): string {
  if (!name.startsWith("GITHUB_")) return name;
  findings.note(
    task.line,
    `env.${name}`,
    `GitHub's own secrets begin with GITHUB_, so this one is asked for as CI_${name}.`,
  );
  return `CI_${name}`;
}

function lock({ task }: Job, findings: Findings): Record<string, unknown> {
  if (!task.lock) return {};
  const group = task.lock.text.replace(/\$\{?CIRRUS_BRANCH\b\}?/g, expression("github.ref"));
  if (/\$\{?CIRRUS_/.test(group)) {
    findings.leave(
      task.lock.line,
      "execution_lock",
      `There is no counterpart of ${task.lock.text} in a concurrency group.`,
      "Choose another text for `concurrency.group`.",
    );
    return {};
  }
  return { concurrency: { group, "cancel-in-progress": false } };
}
