import type { LocatedProblem } from "../issues.ts";
import { entriesOf, type Placed, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { DraftBlocks, DraftPool } from "../types.ts";

type Pool = Extract<DraftPool, { kind: "ec2-mac" }>;

/**
 * GitHub has no count of the jobs that wait in an organization: each repository is asked, and what it runs. With more of
 * them a controller that looks every two minutes would use up the 5,000 requests that GitHub allows in an hour.
 */
const mostRepositories = 20;

/** A pool that follows its demand has room for it, somebody who gives its hosts back, and a CI system that tells of jobs. */
export const ec2SizingRules: Rule = (draft) => {
  const sized = poolsOfKind(draft, "ec2-mac").filter(({ entry }) => "sizing" in entry);
  return sized.flatMap(({ entry: pool, at }, index) => [
    ...roomRules(pool, at),
    ...controllerRules(pool, at),
    ...repositoryRules(draft, pool, at),
    ...sharedRunnerRules(pool, at, sized.slice(0, index)),
  ]);
};

/** Both would order hosts for the same jobs. */
function sharedRunnerRules({ runner }: Pool, at: PropertyKey[], earlier: readonly Placed<Pool>[]): LocatedProblem[] {
  const other = earlier.find(({ entry }) => runner !== undefined && entry.runner === runner);
  if (!other) return [];
  const { name = "another" } = other.entry;
  return [
    problem([...at, "sizing"], {
      found: `pool ${name} orders hosts for the jobs of ${runner} already.`,
      allowed: "Of the pools with one runner, one may have a `sizing`.",
      fix: "Remove it here, or give each pool a queue or a runner group of its own.",
    }),
  ];
}

function roomRules({ hosts, sizing }: Pool, at: PropertyKey[]): LocatedProblem[] {
  const maxHosts = sizing?.maxHosts;
  if (hosts === undefined || maxHosts === undefined || maxHosts > hosts) return [];
  return [
    problem([...at, "sizing", "maxHosts"], {
      found: `${maxHosts} is too few.`,
      allowed: `The pool always has ${hosts} ${hosts === 1 ? "host" : "hosts"} (\`hosts\`), so there would be none to order or to give back.`,
      fix: `Use ${hosts + 1} or more, lower \`hosts\`, or remove \`sizing\`.`,
    }),
  ];
}

function controllerRules({ controller }: Pool, at: PropertyKey[]): LocatedProblem[] {
  if (controller !== "none") return [];
  return [
    problem([...at, "controller"], {
      found: '"none" does not go with `sizing`.',
      allowed: "Hosts that were ordered for a busy hour are given back by the controller alone, so it must never stop.",
      fix: "Remove `controller`, or `sizing`.",
    }),
  ];
}

function repositoryRules({ runners }: DraftBlocks, pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  const used = entriesOf(runners, "runners").find(
    ({ entry }) => pool.runner !== undefined && entry.name === pool.runner,
  );
  if (used?.entry.ci !== "github") return [];
  const { repositoryIds } = used.entry;
  const where = pool.name ? `Pool ${pool.name}` : "A pool";
  if (!("repositoryIds" in used.entry))
    return [
      problem([...at, "sizing"], {
        found: "the jobs that wait could not be counted.",
        allowed: `GitHub tells of jobs by repository, and the runner ${used.entry.name} is for all private ones.`,
        fix: `Name them in its \`repositoryIds\`, ${mostRepositories} at most, or remove \`sizing\`.`,
      }),
    ];
  if (repositoryIds === undefined || repositoryIds.length <= mostRepositories) return [];
  return [
    problem([...used.at, "repositoryIds"], {
      found: `${repositoryIds.length} are too many.`,
      allowed: `${where} has a \`sizing\`, for which each repository is asked for its jobs every two minutes; GitHub's limit leaves room for ${mostRepositories}.`,
      fix: "Name fewer, or remove `sizing`.",
    }),
  ];
}
