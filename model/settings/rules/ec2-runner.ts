import type { LocatedProblem } from "../issues.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { DraftBlocks } from "../types.ts";

type Runner = NonNullable<NonNullable<DraftBlocks["runners"]>[number]>;

/** What a runner must say before EC2 Macs can register with it by themselves. */
export const ec2RunnerRules: Rule = (draft) =>
  entriesOf(draft.runners, "runners").flatMap(({ entry: runner, at }) => {
    const pool = poolsOfKind(draft, "ec2-mac").find(
      ({ entry }) => entry.runner !== undefined && entry.runner === runner.name,
    );
    return pool ? lacking(runner, pool.entry.name ?? "", at) : [];
  });

function lacking(runner: Runner, pool: string, at: PropertyKey[]): LocatedProblem[] {
  const missing = (key: string, why: string, fix: string) =>
    key in runner ? [] : [problem([...at, key], { found: "missing.", allowed: `${poolOf(pool)} ${why}`, fix })];
  if (runner.ci === "buildkite") {
    return missing(
      "cluster",
      "gets its agents' tokens from this cluster.",
      "Add the cluster's id: it is in the address of the cluster's settings, buildkite.com/organizations/ORGANIZATION/clusters/ID.",
    );
  }
  const fix = "github.com/actions/runner/releases has both the version and the archive's SHA-256.";
  return [
    ...missing("runnerVersion", "installs the runner by itself, in this version and no other.", fix),
    ...missing("runnerArchiveSha256", "installs an archive only if this is its SHA-256.", fix),
  ];
}

function poolOf(name: string): string {
  return name ? `Pool ${name}` : "A pool of EC2 Macs";
}
