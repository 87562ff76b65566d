import type { LocatedProblem } from "../issues.ts";
import { macTypes } from "../mac-types.ts";
import { show } from "../problem.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import { defaultLabels } from "../schema-runners.ts";
import type { Draft, DraftBlocks, Ec2MacPoolSettings } from "../types.ts";

type Runner = NonNullable<NonNullable<DraftBlocks["runners"]>[number]>;

/** What a runner must say before EC2 Macs can register with it by themselves. */
export const ec2RunnerRules: Rule = (draft) =>
  entriesOf(draft.runners, "runners").flatMap(({ entry: runner, at }) => {
    const pools = poolsOfKind(draft, "ec2-mac").filter(
      ({ entry }) => entry.runner !== undefined && entry.runner === runner.name,
    );
    const [first] = pools;
    return first ? [...lacking(runner, first.entry.name ?? "", at), ...mislabelled(runner, pools, at)] : [];
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

/** Jobs that ask for one kind of processor must not land on the other. */
function mislabelled(
  runner: Runner,
  pools: readonly { entry: Draft<Ec2MacPoolSettings> }[],
  at: PropertyKey[],
): LocatedProblem[] {
  if (runner.ci !== "github") return [];
  const labels = runner.labels ?? defaultLabels;
  const problems = pools.flatMap(({ entry: { name = "", instanceType } }) => {
    if (instanceType === undefined) return [];
    const isIntel = macTypes[instanceType].architecture === "x86_64_mac";
    const [wrong, right] = isIntel ? ["ARM64", "X64"] : ["X64", "ARM64"];
    const index = labels.findIndex((label) => label?.toUpperCase() === wrong);
    if (index < 0) return [];
    const found = runner.labels ? `${show(labels[index])} won't do.` : `${wrong}, by default.`;
    const allowed = `${poolOf(name)} runs on ${instanceType}, ${isIntel ? "an Intel Mac" : "a Mac with Apple silicon"}: its label is ${right}.`;
    const instead = labels.map((label) => (label?.toUpperCase() === wrong ? right : label)).join(", ");
    const fix = `Write labels: [${instead}]. Pools of both kinds need a runner each.`;
    return [problem([...at, "labels", ...(runner.labels ? [index] : [])], { found, allowed, fix })];
  });
  return problems.slice(0, 1);
}

function poolOf(name: string): string {
  return name ? `Pool ${name}` : "A pool of EC2 Macs";
}
