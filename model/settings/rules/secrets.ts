import type { LocatedProblem } from "../issues.ts";
import { problem } from "../rule.ts";
import { secretKind } from "../secret-text.ts";
import { secretNames } from "../secrets.ts";

/** Texts anywhere in the blocks that look like secrets, names of settings included. The value is never repeated. */
export function secretRules(blocks: Record<string, unknown>): LocatedProblem[] {
  return Object.entries(blocks).flatMap(([name, block]) => search(block, [name]));
}

function search(value: unknown, at: PropertyKey[]): LocatedProblem[] {
  if (typeof value === "string") return leak(value, at);
  if (Array.isArray(value)) return value.flatMap((entry, index) => search(entry, [...at, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => [...leak(key, [...at, key]), ...search(entry, [...at, key])]);
}

function leak(text: string, at: PropertyKey[]): LocatedProblem[] {
  const kind = secretKind(text);
  if (!kind) return [];
  return [
    problem(at, {
      found: `this looks like ${kind}.`,
      allowed: `Nothing secret belongs into a block. The fleet's secrets are ${secretNames.join(", ")}, each stored encrypted.`,
      fix: "Take it out and make a new one: whoever has read this file has it.",
    }),
  ];
}
