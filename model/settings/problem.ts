import { looksSecret } from "./secret-text.ts";

/** One mistake in a stack file. */
export interface Problem {
  /** Where: the block, then keys and positions, as in `pools[2].hosts[0].slots`. */
  path: string;
  /** What is there; a sentence that goes on from the path, as in `3 is too many.` */
  found: string;
  /** What is allowed there and why; a sentence. */
  allowed: string;
  /** What to do about it; a sentence. */
  fix?: string;
}

/** The three sentences of a problem. */
export type Reason = Omit<Problem, "path">;

/** All problems as text for a terminal: one paragraph each, in the order given. */
export function formatProblems(problems: readonly Problem[], file?: string): string {
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  const where = file === undefined ? "The settings have" : `${file} has`;
  return [`${where} ${count}. Nothing was changed.`, ...problems.map(formatProblem)].join("\n\n");
}

/** One problem as up to three lines, without a final newline. */
export function formatProblem({ path, found, allowed, fix }: Problem): string {
  return [`${path}: ${found}`, allowed, fix].filter(Boolean).join("\n  ");
}

const plain = /^[\w:/-]+$/;

/** A path in the form people write it: `["pools", 2, "vm"]` is `pools[2].vm`. Odd keys are quoted. */
export function writePath(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === "number") return `${path}[${part}]`;
    const key = String(part);
    const shown = looksSecret(key) ? "<hidden>" : plain.test(key) ? key : JSON.stringify(key);
    return path === "" ? shown : `${path}.${shown}`;
  }, "");
}

const longestShown = 80;

/** A value as it may stand in a message: short, on one line, and never a secret. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "secure" in value ? "an encrypted value" : "a group of settings";
  if (typeof value !== "string") return String(value);
  if (value === "") return "an empty text";
  if (looksSecret(value)) return "a text that looks like a secret";
  return JSON.stringify(value.length > longestShown ? `${value.slice(0, longestShown)}...` : value);
}

/** Several choices as a sentence part: `a, b or c`. */
export function choices(values: readonly (string | number)[], last = "or"): string {
  if (values.length < 2) return values.join("");
  return `${values.slice(0, -1).join(", ")} ${last} ${values.at(-1)}`;
}
