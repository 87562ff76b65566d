import type { CompareOperator, Condition } from "./condition.ts";

/** The condition in a CI system's own language, or why that has no words for it. */
export type ConditionText = { text: string } | { why: string };

/** How a CI system says a comparison. `undefined` where it cannot. */
export interface Dialect {
  /** What a variable of Cirrus CI is compared with: a text, or the default branch. */
  compare(variable: string, operator: CompareOperator, to: string | DefaultBranch): string | undefined;
  constant(value: boolean): string;
  /** Why it cannot ask which files changed, there where this was asked. */
  whyNoChanges: string;
}

/** Stands for `$CIRRUS_DEFAULT_BRANCH` on the right of a comparison. */
export const defaultBranch = Symbol("default branch");
export type DefaultBranch = typeof defaultBranch;

/** Thrown and caught here: a condition is all or nothing. */
class NoWords extends Error {}

/** Says a condition in a dialect. */
export function conditionText(condition: Condition, dialect: Dialect): ConditionText {
  try {
    return { text: say(condition, dialect) };
  } catch (error) {
    if (error instanceof NoWords) return { why: error.message };
    throw error;
  }
}

function say(condition: Condition, dialect: Dialect): string {
  switch (condition.kind) {
    case "constant":
      return dialect.constant(condition.value);
    case "not":
      return `!(${say(condition.of, dialect)})`;
    case "and":
    case "or": {
      const parts = [condition.left, condition.right].map((part) =>
        part.kind === "or" && condition.kind === "and" ? `(${say(part, dialect)})` : say(part, dialect),
      );
      return parts.join(condition.kind === "and" ? " && " : " || ");
    }
    case "changes":
      throw new NoWords(dialect.whyNoChanges);
    case "compare":
      return sayComparison(condition, dialect);
  }
}

function sayComparison({ operator, left, right }: Extract<Condition, { kind: "compare" }>, dialect: Dialect): string {
  if (!("variable" in left)) throw new NoWords("it compares a text with a variable by a regular expression");
  const to = "text" in right ? right.text : right.variable === "CIRRUS_DEFAULT_BRANCH" ? defaultBranch : undefined;
  const said = to === undefined ? undefined : dialect.compare(left.variable, operator, to);
  if (said !== undefined) return said;
  const shown = "text" in right ? `'${right.text}'` : `$${right.variable}`;
  throw new NoWords(`there is nothing like $${left.variable} ${operator} ${shown}`);
}
