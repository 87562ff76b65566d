/** A regular expression that is only a text with anything before or after it. */
export interface SimplePattern {
  place: "whole" | "start" | "end" | "anywhere";
  text: string;
}

/**
 * The alternatives of a regular expression of Cirrus CI, which matches from start to end; undefined when one needs a real
 * regular expression. `release/.*|main` is a start and a whole.
 */
export function simplePatterns(expression: string): SimplePattern[] | undefined {
  const bare = expression.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  const alternatives = (/^\(([^()]*)\)$/.exec(bare)?.[1] ?? bare).split("|").map(simplePattern);
  return alternatives.every((alternative) => alternative !== undefined) ? alternatives : undefined;
}

function simplePattern(expression: string): SimplePattern | undefined {
  const start = expression.startsWith(".*");
  const end = expression.endsWith(".*") && expression.length > 2;
  const middle = expression.slice(start ? 2 : 0, end ? -2 : undefined);
  const text = middle.replace(/\\([^\w])/g, "");
  if (/[\\^$.*+?()[\]{}]/.test(text)) return undefined;
  const place = start ? (end ? "anywhere" : "end") : end ? "start" : "whole";
  return { place, text: middle.replace(/\\([^\w])/g, "$1") };
}

/** True for a regular expression that asks whether the branch is a pull request: `pull/.*` in its usual spellings. */
export function asksForPullRequest(expression: string): boolean {
  return /^\^?pull\\?\/(\.[*+]|\\d\+|\[0-9\]\+)?\$?$/.test(expression);
}
