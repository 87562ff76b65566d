import { expression, protect } from "./github-expression.ts";
import type {
  ArtifactsInstruction,
  Behaviour,
  CacheInstruction,
  Instruction,
  ScriptInstruction,
} from "./instructions.ts";
import type { Job } from "./job.ts";
import { exportLines } from "./shell.ts";

/** A step of a job, with GitHub's own names. */
export type GithubStep = Record<string, unknown>;

/** GitHub's own actions, each by its commit, so that nobody can change what runs on the Macs. */
const actions = {
  checkout: "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd",
  cache: "actions/cache@668228422ae6a00e4ad889ee87cd7109ec5666a7",
  uploadArtifact: "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
} as const;

/** The versions that those commits are, to write beside them. */
export const actionVersions: Readonly<Record<string, string>> = {
  [actions.checkout]: "v6.0.2",
  [actions.cache]: "v5.0.4",
  [actions.uploadArtifact]: "v7.0.1",
};

/** The steps of a job: checkout, computed variables, then the task's instructions in their order. */
export function githubSteps(job: Job): GithubStep[] {
  const { task } = job;
  const clonesItself = task.instructions.some(({ kind, name }) => kind === "script" && name === "clone");
  return [
    ...(clonesItself ? [] : [checkout(job)]),
    ...computedVariables(job),
    ...task.instructions.flatMap((instruction, index) => instructionSteps(instruction, job, index + 1)),
  ];
}

function instructionSteps(instruction: Instruction, job: Job, position: number): GithubStep[] {
  switch (instruction.kind) {
    case "script":
      return [script(instruction)];
    case "cache":
      return cache(instruction, job, `cache-${position}`);
    case "artifacts":
      return [artifacts(instruction, job)];
  }
}

function checkout({ task }: Job): GithubStep {
  const { depth, submodules, tags } = task.environment.clone;
  const options = {
    ...(depth === 1 ? {} : { "fetch-depth": depth }),
    ...(submodules ? { submodules: "recursive" } : {}),
    ...(tags ? { "fetch-tags": true } : {}),
  };
  return { uses: actions.checkout, ...(Object.keys(options).length > 0 ? { with: options } : {}) };
}

function computedVariables({ task }: Job): GithubStep[] {
  const { computed } = task.environment;
  if (computed.length === 0) return [];
  const handed = computed.map(([name]) => `echo "${name}=$${name}" >> "$GITHUB_ENV"`);
  return [{ name: "Work out variables", run: protect([...exportLines(computed), ...handed].join("\n")) }];
}

function script({ name, when, lines, background }: ScriptInstruction): GithubStep {
  const text = background ? ["(", ...lines, `) > "$RUNNER_TEMP/${name}.log" 2>&1 &`] : lines;
  return { name: protect(name), ...stepIf(when), run: protect(text.join("\n")) };
}

function stepIf(when: Behaviour): GithubStep {
  if (when === "on_success") return {};
  return { if: expression(when === "always" ? "always()" : "failure()") };
}

/** Without a fingerprint Cirrus CI sent the cache again whenever it had changed; here each run keeps its own and starts from the last. */
function cache(instruction: CacheInstruction, { id: jobId }: Job, id: string): GithubStep[] {
  const { name, when, folders, fingerprintKey, fingerprintScript, populateScript } = instruction;
  const prefix = `${name}-`;
  const finds = fingerprintScript.length > 0;
  const fingerprint: GithubStep = {
    name: `Fingerprint of ${name}`,
    id: `${id}-key`,
    ...stepIf(when),
    run: protect(
      [
        "hash=$(",
        "(",
        ...fingerprintScript,
        ") | shasum -a 256 | cut -c 1-64",
        ")",
        'echo "hash=$hash" >> "$GITHUB_OUTPUT"',
      ].join("\n"),
    ),
  };
  const key = finds
    ? { key: prefix + expression(`steps.${id}-key.outputs.hash`) }
    : fingerprintKey !== undefined
      ? { key: prefix + protect(fingerprintKey) }
      : { key: `${prefix}${jobId}-${expression("github.run_id")}`, "restore-keys": `${prefix}${jobId}-` };
  const restore = {
    name: `Cache ${name}`,
    id,
    ...stepIf(when),
    uses: actions.cache,
    with: { path: folders.join("\n"), ...key },
  };
  const fill = {
    name: `Fill ${name}`,
    if: expression(`steps.${id}.outputs.cache-hit != 'true'`),
    run: protect(populateScript.join("\n")),
  };
  return [...(finds ? [fingerprint] : []), restore, ...(populateScript.length > 0 ? [fill] : [])];
}

/** Names of artifacts are unique in a run, so the job's id is in them. */
function artifacts({ name, when, paths }: ArtifactsInstruction, { id }: Job): GithubStep {
  return {
    name: `Keep ${name}`,
    ...stepIf(when),
    uses: actions.uploadArtifact,
    with: { name: `${id}-${name}`, path: paths.join("\n") },
  };
}
