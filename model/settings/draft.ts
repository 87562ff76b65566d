import { z } from "zod";
import { type LocatedProblem, problemsOf } from "./issues.ts";
import { blockNames, blocks, type ParsedBlocks } from "./schema.ts";
import type { DraftBlocks } from "./types.ts";

/** The outcome of checking all blocks against the schema. */
export interface Shaped {
  /** All blocks with defaults; undefined when any is wrong. */
  parsed: ParsedBlocks | undefined;
  /** What is well-formed, so that rules across blocks can run in spite of mistakes elsewhere. */
  draft: DraftBlocks;
  problems: LocatedProblem[];
}

const whole = z.object(blocks);

/** Checks each block against the schema. Malformed values are missing from the draft. */
export function shape(raw: Record<string, unknown>): Shaped {
  const given = Object.fromEntries(blockNames.map((name) => [name, raw[name]]));
  const issues = blockNames.flatMap((name) =>
    (blocks[name].safeParse(given[name]).error?.issues ?? []).map((issue) => ({ name, issue })),
  );
  return {
    parsed: issues.length === 0 ? whole.parse(given) : undefined,
    draft: without(
      given,
      issues.map(({ name, issue }) => [name, ...spoilt(issue)]),
    ) as DraftBlocks,
    problems: issues.flatMap(({ name, issue }) => problemsOf(issue, name)),
  };
}

/** What an issue makes unusable: the value, or the entry whose kind is unknown, as then nothing in it was checked. */
function spoilt(issue: z.core.$ZodIssue): PropertyKey[] {
  return issue.code === "invalid_union" ? issue.path.slice(0, -1) : issue.path;
}

/** A deep copy of a JSON value in which everything at these paths is undefined. */
function without(value: unknown, paths: PropertyKey[][]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined;
  if (typeof value !== "object" || value === null) return value;
  const below = (key: PropertyKey) => paths.filter((path) => path[0] === key).map((path) => path.slice(1));
  if (Array.isArray(value)) return value.map((entry, index) => without(entry, below(index)));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, without(entry, below(key))]));
}
