/** Variables and their values. */
export type Variables = ReadonlyMap<string, string>;

const mostRounds = 10;

/**
 * Puts values in for `$NAME`, `${NAME}` and `%NAME%`, again and again until nothing changes. Unknown names stay.
 * Source: cirrus-cli, ExpandEnvironmentVariables (whole names here, where that one tried the longest name first).
 */
export function expand(text: string, variables: Variables): string {
  let expanded = text;
  for (let round = 0; round < mostRounds; round += 1) {
    const before = expanded;
    expanded = before.replace(
      /\$\{(\w+)\}|\$([A-Za-z_]\w*)|%([A-Za-z_]\w*)%/g,
      (found: string, braced?: string, bare?: string, percent?: string) =>
        variables.get(braced ?? bare ?? percent ?? "") ?? found,
    );
    if (expanded === before) break;
  }
  return expanded;
}

/** The variables that a shell text reads, as far as they can be seen. */
export function variablesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = ""]) => name));
}

/** The CI system that tasks are turned into. */
export type CiSystem = "buildkite" | "github";

/** How each CI system knows what Cirrus CI said in a variable; a shell text for Buildkite, an expression for GitHub. */
interface Counterpart {
  buildkite?: string;
  github?: string;
}

/**
 * Predefined variables of Cirrus CI (writing-tasks, "Environment Variables") and their counterparts (Buildkite,
 * "Environment variables"; GitHub, "Contexts"). In a pull request the branch is `pull/` and its number, so that a script
 * that asks for `main` does not take a fork's branch of that name for it.
 */
const counterparts: Readonly<Record<string, Counterpart>> = {
  CIRRUS_BASE_BRANCH: { buildkite: "$BUILDKITE_PULL_REQUEST_BASE_BRANCH", github: "github.base_ref" },
  CIRRUS_BASE_SHA: { github: "github.event.pull_request.base.sha" },
  CIRRUS_BRANCH: {
    buildkite:
      '$([ "$BUILDKITE_PULL_REQUEST" = false ] && echo "$BUILDKITE_BRANCH" || echo "pull/$BUILDKITE_PULL_REQUEST")',
    github: "github.event_name == 'pull_request' && format('pull/{0}', github.event.number) || github.ref_name",
  },
  CIRRUS_BUILD_ID: { buildkite: "$BUILDKITE_BUILD_ID", github: "github.run_id" },
  CIRRUS_CHANGE_IN_REPO: { buildkite: "$BUILDKITE_COMMIT", github: "github.sha" },
  CIRRUS_CHANGE_MESSAGE: { buildkite: "$BUILDKITE_MESSAGE", github: "github.event.head_commit.message" },
  CIRRUS_CI: { buildkite: "true", github: "'true'" },
  CIRRUS_DEFAULT_BRANCH: {
    buildkite: "$BUILDKITE_PIPELINE_DEFAULT_BRANCH",
    github: "github.event.repository.default_branch",
  },
  CIRRUS_OS: { buildkite: "darwin", github: "'darwin'" },
  CIRRUS_PR: { buildkite: `\${BUILDKITE_PULL_REQUEST#false}`, github: "github.event.pull_request.number" },
  CIRRUS_REPO_CLONE_URL: { buildkite: "$BUILDKITE_REPO", github: "github.event.repository.clone_url" },
  CIRRUS_REPO_FULL_NAME: { github: "github.repository" },
  CIRRUS_REPO_NAME: { buildkite: '$(basename "$BUILDKITE_REPO" .git)', github: "github.event.repository.name" },
  CIRRUS_REPO_OWNER: { github: "github.repository_owner" },
  CIRRUS_TAG: { buildkite: "$BUILDKITE_TAG", github: "github.ref_type == 'tag' && github.ref_name || ''" },
  CIRRUS_WORKING_DIR: { buildkite: "$BUILDKITE_BUILD_CHECKOUT_PATH", github: "github.workspace" },
};

/** What a variable of Cirrus CI is in another CI system; undefined where that has nothing of the kind. */
export function counterpart(name: string, ci: CiSystem): string | undefined {
  return counterparts[name]?.[ci];
}

/** True for a variable that Cirrus CI itself set. */
export function isPredefined(name: string): boolean {
  return /^(CIRRUS_\w+|CI_NODE_(INDEX|TOTAL)|GITHUB_CHECK_SUITE_ID)$/.test(name);
}
