import type { LocatedProblem } from "./issues.ts";
import { type Reason, writePath } from "./problem.ts";
import type { DraftBlocks, DraftPool, RawSettings } from "./types.ts";

/** A rule across settings. It sees what is well-formed and is silent about the rest, which the schema reports. */
export type Rule = (draft: DraftBlocks, raw: RawSettings) => LocatedProblem[];

/** A problem at a place. */
export function problem(at: PropertyKey[], reason: Reason): LocatedProblem {
  return { at, path: writePath(at), ...reason };
}

/** An entry of a list and its position in the file. */
export interface Placed<T> {
  entry: T;
  at: PropertyKey[];
}

/** The well-formed entries of a list, each with its place. */
export function entriesOf<T>(list: readonly (T | undefined)[] | undefined, ...at: PropertyKey[]): Placed<T>[] {
  return (list ?? []).flatMap((entry, index) => (entry === undefined ? [] : [{ entry, at: [...at, index] }]));
}

/** The pools of a kind, as far as they are well-formed. */
export function poolsOfKind<K extends DraftPool["kind"]>(draft: DraftBlocks, kind: K): Placed<DraftPoolOf<K>>[] {
  return entriesOf(draft.pools, "pools").filter((pool): pool is Placed<DraftPoolOf<K>> => pool.entry.kind === kind);
}

type DraftPoolOf<K> = Extract<DraftPool, { kind: K }>;
