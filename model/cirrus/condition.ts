import { isPredefined } from "./variables.ts";

/** What `only_if`, `skip` and `allow_failures` say. */
export type Condition =
  | { kind: "constant"; value: boolean }
  | { kind: "and" | "or"; left: Condition; right: Condition }
  | { kind: "not"; of: Condition }
  | { kind: "compare"; operator: CompareOperator; left: Operand; right: Operand }
  | { kind: "changes"; only: boolean; globs: string[] };

/** `=~` matches the whole text. */
export type CompareOperator = "==" | "!=" | "=~" | "!=~";

/** A variable by its name, or a text. */
export type Operand = { variable: string } | { text: string };

/** A condition that cannot be read. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

/** Works out what is known: comparisons of texts, and what follows for the rest. */
export function simplify(condition: Condition): Condition {
  switch (condition.kind) {
    case "not": {
      const of = simplify(condition.of);
      if (of.kind === "constant") return { kind: "constant", value: !of.value };
      return of.kind === "not" ? of.of : { kind: "not", of };
    }
    case "and":
    case "or": {
      const left = simplify(condition.left);
      const right = simplify(condition.right);
      const decides = condition.kind === "or";
      if (left.kind === "constant") return left.value === decides ? left : right;
      if (right.kind === "constant") return right.value === decides ? right : left;
      return { kind: condition.kind, left, right };
    }
    case "compare":
      return compare(condition);
    default:
      return condition;
  }
}

function compare(condition: Extract<Condition, { kind: "compare" }>): Condition {
  const { operator, left, right } = condition;
  if ("text" in left && "variable" in right && (operator === "==" || operator === "!="))
    return { ...condition, left: right, right: left };
  if ("variable" in left || "variable" in right) return condition;
  const negated = operator.startsWith("!");
  const holds = operator.endsWith("~") ? matches(left.text, right.text) : left.text === right.text;
  return { kind: "constant", value: holds !== negated };
}

function matches(text: string, expression: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`, "s").test(text);
  } catch {
    throw new ConditionError(`${expression} is not a regular expression`);
  }
}

/** The variables of a condition that neither the file nor Cirrus CI sets. */
export function unknownVariables(condition: Condition): string[] {
  switch (condition.kind) {
    case "not":
      return unknownVariables(condition.of);
    case "and":
    case "or":
      return [...unknownVariables(condition.left), ...unknownVariables(condition.right)];
    case "compare":
      return [condition.left, condition.right].flatMap((side) =>
        "variable" in side && !isPredefined(side.variable) ? [side.variable] : [],
      );
    default:
      return [];
  }
}
