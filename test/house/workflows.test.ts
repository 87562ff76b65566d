import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { readRepositoryFile, repositoryFiles } from "../support/files.ts";
import { repositoryRoot, toolPath } from "../support/tools.ts";

const Step = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
const Job = z.looseObject({
  if: z.string().optional(),
  needs: z.string().optional(),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  concurrency: z.looseObject({ group: z.string(), "cancel-in-progress": z.boolean() }).optional(),
  "timeout-minutes": z.number(),
  steps: z.array(Step),
});
const Workflow = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), Job),
});

const definitions = repositoryFiles().filter((file) => /^\.github\/(workflows|actions)\/.*\.ya?ml$/.test(file));
const workflows = new Map(
  definitions
    .filter((file) => file.startsWith(".github/workflows/"))
    .map((file) => [file.replace(/^.*\//, ""), Workflow.parse(parse(readRepositoryFile(file)))]),
);

function workflow(name: string): z.infer<typeof Workflow> {
  const found = workflows.get(name);
  if (!found) throw new Error(`no workflow ${name}`);
  return found;
}

test("actionlint finds nothing", () => {
  const args = ["-no-color", "-pyflakes=", `-shellcheck=${toolPath("shellcheck")}`];
  const checked = spawnSync(toolPath("actionlint"), args, { cwd: repositoryRoot, encoding: "utf8" });
  equal(checked.stdout + checked.stderr, "");
  equal(checked.status, 0);
});

test("every action is pinned by its commit, with the version beside it", () => {
  const uses = definitions.flatMap((file) => readRepositoryFile(file).match(/^.*\buses:.*$/gm) ?? []);
  ok(uses.length > 0);
  for (const line of uses) if (!line.includes("uses: ./")) match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$/);
});

test("one action has one version everywhere", () => {
  const pins = new Map<string, Set<string>>();
  for (const file of definitions)
    for (const [, action = "", commit = ""] of readRepositoryFile(file).matchAll(/uses: ([\w./-]+)@(\w+)/g))
      pins.set(action, (pins.get(action) ?? new Set()).add(commit));
  deepEqual(
    [...pins].filter(([, commits]) => commits.size > 1),
    [],
  );
});

test("no workflow runs a pull request's code with the rights of the target", () => {
  for (const [name, { on }] of workflows)
    for (const trigger of ["pull_request_target", "workflow_run", "issue_comment"])
      ok(!(trigger in on), `${name}: ${trigger}`);
});

test("a pull request sees no secret, and gets a token for the cloud only when it comes from this repository", () => {
  for (const [name, { on, jobs, permissions }] of workflows) {
    if (!("pull_request" in on)) continue;
    ok(!readRepositoryFile(`.github/workflows/${name}`).includes("secrets."), name);
    equal(permissions["id-token"], undefined, name);
    for (const job of Object.values(jobs)) {
      if (!job.permissions?.["id-token"]) continue;
      equal(job.if, "github.event.pull_request.head.repo.full_name == github.repository");
      match(job.environment ?? "", /-preview$/, "the role that a preview takes is bound to an environment of its own");
    }
  }
});

test("no token may write to the repository", () => {
  for (const [name, { jobs, permissions }] of workflows)
    for (const granted of [permissions, ...Object.values(jobs).map((job) => job.permissions ?? {})])
      for (const scope of ["contents", "packages", "actions"]) ok(granted[scope] !== "write", `${name}: ${scope}`);
});

test("production waits for staging and for approval, and no deployment is cut off", () => {
  const { jobs } = workflow("deploy.yml");
  equal(jobs.production?.needs, "staging");
  for (const stack of ["staging", "production"]) {
    equal(jobs[stack]?.environment, stack, "its protection rules ask for the approval");
    deepEqual(jobs[stack]?.concurrency, { group: `deploy-${stack}`, "cancel-in-progress": false });
  }
});

test("deployments use the engine that the tests use", () => {
  const tested = /github\.com\/pulumi\/pulumi\/pkg\/v3 v([\d.]+)/.exec(readRepositoryFile("tools/pulumi/go.mod"))?.[1];
  match(readRepositoryFile(".github/actions/stack/action.yml"), new RegExp(`pulumi-version: ${tested}$`, "m"));
});
