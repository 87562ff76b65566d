import { type DefaultBranch, type Dialect, defaultBranch } from "./condition-text.ts";
import { asksForPullRequest, type SimplePattern, simplePatterns } from "./pattern.ts";

/** GitHub's expressions (GitHub, "Evaluate expressions"): no regular expressions, so only simple ones can be said. */
export const githubDialect: Dialect = {
  constant: (value) => String(value),
  whyNoChanges: "a job can't ask which files changed, only a whole workflow can, by `on.push.paths`",
  compare(variable, operator, to) {
    const negated = operator.startsWith("!");
    const said = positive(variable, operator.endsWith("~"), to);
    return said === undefined || !negated ? said : `!(${said})`;
  },
};

const pullRequest = "github.event_name == 'pull_request'";

/** The comparison without its negation. */
function positive(variable: string, regular: boolean, to: string | DefaultBranch): string | undefined {
  switch (variable) {
    case "CIRRUS_BRANCH":
      return branch(regular, to);
    case "CIRRUS_PR":
      return to === "" ? "github.event_name != 'pull_request'" : undefined;
    case "CIRRUS_TAG":
      return to === "" ? "github.ref_type != 'tag'" : reference("refs/tags/", regular, to);
    case "CIRRUS_CRON":
      return to === "" ? "github.event_name != 'schedule'" : undefined;
    case "CIRRUS_BASE_BRANCH":
      return to === defaultBranch
        ? "github.base_ref == github.event.repository.default_branch"
        : any(field("github.base_ref", regular, to));
    case "CIRRUS_PR_DRAFT":
      return to === "true" ? "github.event.pull_request.draft == true" : undefined;
    case "CIRRUS_PR_LABELS":
      return regular ? label(to) : undefined;
    case "CIRRUS_CHANGE_MESSAGE":
    case "CIRRUS_CHANGE_TITLE":
      return message(variable, regular, to);
    case "CIRRUS_REPO_OWNER":
      return to === defaultBranch ? undefined : any(field("github.repository_owner", regular, to));
    case "CIRRUS_REPO_FULL_NAME":
      return to === defaultBranch ? undefined : any(field("github.repository", regular, to));
    default:
      return undefined;
  }
}

/** In a pull request the ref is `refs/pull/<number>/merge`, so that no branch's name can be taken for another's. */
function branch(regular: boolean, to: string | DefaultBranch): string | undefined {
  if (to === defaultBranch)
    return regular ? undefined : "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)";
  if (regular && asksForPullRequest(to)) return pullRequest;
  return reference("refs/heads/", regular, to);
}

function reference(prefix: string, regular: boolean, to: string | DefaultBranch): string | undefined {
  if (to === defaultBranch) return undefined;
  if (!regular) return `github.ref == ${quote(prefix + to)}`;
  return any(
    simplePatterns(to)?.map((pattern) => {
      if (pattern.place === "whole" || pattern.place === "start")
        return comparison("github.ref", { ...pattern, text: prefix + pattern.text });
      return `startsWith(github.ref, ${quote(prefix)}) && ${comparison("github.ref", pattern)}`;
    }),
  );
}

function field(name: string, regular: boolean, to: string): string[] | undefined {
  const patterns = regular ? simplePatterns(to) : [{ place: "whole", text: to } as const];
  return patterns?.map((pattern) => comparison(name, pattern));
}

function comparison(name: string, { place, text }: SimplePattern): string {
  switch (place) {
    case "whole":
      return `${name} == ${quote(text)}`;
    case "start":
      return `startsWith(${name}, ${quote(text)})`;
    case "end":
      return `endsWith(${name}, ${quote(text)})`;
    case "anywhere":
      return `contains(${name}, ${quote(text)})`;
  }
}

function label(to: string | DefaultBranch): string | undefined {
  const [pattern, ...more] = (typeof to === "string" && simplePatterns(to)) || [];
  return pattern?.place === "anywhere" && more.length === 0
    ? `contains(github.event.pull_request.labels.*.name, ${quote(pattern.text)})`
    : undefined;
}

/** The title is the message's first line, so only what it starts with can be told from the message. */
function message(variable: string, regular: boolean, to: string | DefaultBranch): string | undefined {
  if (!regular || typeof to !== "string") return undefined;
  const patterns = simplePatterns(to);
  const sayable = variable === "CIRRUS_CHANGE_TITLE" ? ["start"] : ["start", "end", "anywhere"];
  if (!patterns?.every(({ place }) => sayable.includes(place))) return undefined;
  return any(patterns.map((pattern) => comparison("github.event.head_commit.message", pattern)));
}

function any(parts: readonly string[] | undefined): string | undefined {
  if (parts === undefined) return undefined;
  return parts.length === 1 ? parts[0] : `(${parts.join(" || ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
