import type { CompareOperator } from "./condition.ts";
import { type DefaultBranch, type Dialect, defaultBranch } from "./condition-text.ts";
import { asksForPullRequest, simplePatterns } from "./pattern.ts";

/** Buildkite's conditionals (Buildkite, "Using conditionals": variables, operators, regular expressions). */
export const buildkiteDialect: Dialect = {
  constant: (value) => String(value),
  whyNoChanges:
    "only a condition that needs certain files changed, whatever else it needs, can be said by `if_changed`",
  compare(variable, operator, to) {
    switch (variable) {
      case "CIRRUS_BRANCH":
        return branch(operator, to);
      case "CIRRUS_PR":
        return presence("build.pull_request.id", operator, to);
      case "CIRRUS_TAG":
        return presence("build.tag", operator, to) ?? field("build.tag", operator, to);
      case "CIRRUS_CRON":
        return to === "" ? yesOrNo('build.source != "schedule"', 'build.source == "schedule"', operator) : undefined;
      case "CIRRUS_BASE_BRANCH":
        return presence("build.pull_request.id", operator, to) ?? field("build.pull_request.base_branch", operator, to);
      case "CIRRUS_PR_DRAFT":
        return to === "true" ? yesOrNo("build.pull_request.draft", "!build.pull_request.draft", operator) : undefined;
      case "CIRRUS_PR_LABELS":
        return label(operator, to);
      case "CIRRUS_CHANGE_MESSAGE":
        return field("build.message", operator, to);
      default:
        return undefined;
    }
  },
};

/** In a pull request Cirrus CI's branch is `pull/` and its number, never the name of the branch. */
function branch(operator: CompareOperator, to: string | DefaultBranch): string | undefined {
  if (typeof to === "string" && operator.endsWith("~") && asksForPullRequest(to))
    return operator === "=~" ? "build.pull_request.id != null" : "build.pull_request.id == null";
  const same = field("build.branch", operator, to);
  if (same === undefined) return undefined;
  return operator.startsWith("!")
    ? `(${same} || build.pull_request.id != null)`
    : `(${same} && build.pull_request.id == null)`;
}

function field(name: string, operator: CompareOperator, to: string | DefaultBranch): string | undefined {
  if (to === defaultBranch) return operator.endsWith("~") ? undefined : `${name} ${operator} pipeline.default_branch`;
  if (!operator.endsWith("~")) return `${name} ${operator} ${JSON.stringify(to)}`;
  const bare = to.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  return `${name} ${operator === "=~" ? "=~" : "!~"} /^(${bare.replace(/(?<!\\)\//g, "\\/")})$/`;
}

/** A comparison with nothing asks whether there is one at all. */
function presence(name: string, operator: CompareOperator, to: string | DefaultBranch): string | undefined {
  return to === "" ? yesOrNo(`${name} == null`, `${name} != null`, operator) : undefined;
}

function label(operator: CompareOperator, to: string | DefaultBranch): string | undefined {
  if (typeof to !== "string" || !operator.endsWith("~")) return undefined;
  const [pattern, ...more] = simplePatterns(to) ?? [];
  if (pattern?.place !== "anywhere" || more.length > 0) return undefined;
  const includes = `build.pull_request.labels includes ${JSON.stringify(pattern.text)}`;
  return yesOrNo(includes, `!(${includes})`, operator);
}

function yesOrNo(yes: string, no: string, operator: CompareOperator): string {
  return operator.startsWith("!") ? no : yes;
}
