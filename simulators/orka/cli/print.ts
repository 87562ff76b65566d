import type { Call } from "./command.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { CallError } from "./kube.ts";

/** A line of a list: what `-o json` prints. */
export type Row = Readonly<Record<string, unknown>>;

/** A column of a table: its heading and the field it shows. */
export type Column = readonly [heading: string, field: string];

/** What a list command shows. */
export interface Listing {
  rows: Row[];
  columns: readonly Column[];
  /** More columns for `-o wide`. */
  wide?: readonly Column[];
}

/** Prints a list in the format that was asked for. */
export function printList(call: Call, kube: Kube, listing: Listing): void {
  warn(call, kube);
  if (call.output === "json") {
    call.say(JSON.stringify(shaped(listing.rows, kube.quirks.listShape), null, 2));
    return;
  }
  const columns = call.output === "wide" ? [...listing.columns, ...(listing.wide ?? [])] : listing.columns;
  const lines = [
    columns.map(([heading]) => heading),
    ...listing.rows.map((row) => columns.map(([, f]) => cell(row[f]))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines)
    call.say(
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("   ")
        .trimEnd(),
    );
}

/** The warning that some versions print on stderr before every answer. */
export function warn(call: Call, kube: Kube): void {
  if (kube.quirks.warning) call.terminal.err(`${kube.quirks.warning}\n`);
}

/** Keeps the named ones, or all when none is named. @throws CallError when a named one is missing */
export function pick(objects: KubeObject[], names: string[], plural: string): KubeObject[] {
  if (names.length === 0) return objects;
  return names.map((name) => {
    const found = objects.find((object) => object.metadata.name === name);
    if (!found) throw new CallError(`${plural} "${name}" not found`);
    return found;
  });
}

function shaped(rows: Row[], shape: "array" | "items" | "object" | undefined): unknown {
  if (shape === "items") return { items: rows };
  if (shape === "object" && rows.length === 1) return rows[0];
  return rows;
}

function cell(value: unknown): string {
  if (value === undefined || value === null || value === "") return "<none>";
  return Array.isArray(value) ? value.join(",") || "<none>" : String(value);
}
