import type { z } from "zod";
import { unpackReason } from "./fields.ts";
import { nearest } from "./nearest.ts";
import { choices, type Problem, show, writePath } from "./problem.ts";
import { blockNames } from "./schema.ts";

/** A problem and where it is, in parts. */
export interface LocatedProblem extends Problem {
  at: PropertyKey[];
}

/** The problems that an issue of the schema stands for: one, or one for each unknown key. */
export function problemsOf(issue: z.core.$ZodIssue, block: string): LocatedProblem[] {
  const at = [block, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split("\n");
    return issue.keys.map((key) => unknownKey([...at, key], key, known));
  }
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ at, path: writePath(at), ...unpackReason(message) }];
}

/** A key that is not a setting, and the one that may be meant. */
export function unknownKey(at: PropertyKey[], key: string, known: readonly string[]): LocatedProblem {
  const meant = nearest(key, known);
  return {
    at,
    path: writePath(at),
    found: "there is no such setting.",
    allowed: `Known here: ${choices(known, "and")}.`,
    fix: meant ? `Did you mean ${show(meant)}?` : "Remove it.",
  };
}

/** The order of two places: by block as in the reference, then by position in lists, then by the letters of the key. */
export function comparePaths(a: readonly PropertyKey[], b: readonly PropertyKey[]): number {
  const differing = a.findIndex((part, index) => part !== b[index]);
  if (differing === -1) return a.length - b.length;
  const [left, right] = [a[differing], b[differing]].map((part) => (differing === 0 ? blockRank(part) : part));
  if (right === undefined) return 1;
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left) < String(right) ? -1 : 1;
}

function blockRank(part: PropertyKey | undefined): number {
  return (blockNames as readonly PropertyKey[]).indexOf(part ?? "");
}
