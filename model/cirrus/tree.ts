/**
 * A .cirrus.yml as Cirrus CI read it: scalars are texts, keys keep their order, and a key may come twice (two `task:`,
 * several values of one variable in a `matrix`). Source: cirrus-cli, pkg/parser/node.
 */
export type CirrusNode = CirrusText | CirrusList | CirrusMap;

/** A scalar; an empty value is an empty text. */
export interface CirrusText {
  kind: "text";
  /** Where it stands in the file, from 1. */
  line: number;
  text: string;
}

/** A list. */
export interface CirrusList {
  kind: "list";
  line: number;
  items: CirrusNode[];
}

/** Keys and values in the order of the file. */
export interface CirrusMap {
  kind: "map";
  line: number;
  entries: CirrusEntry[];
}

/** A key and its value. */
export interface CirrusEntry {
  key: string;
  /** Where the key stands in the file, from 1. */
  line: number;
  value: CirrusNode;
}

/** A file that Cirrus CI itself would not have taken. The message says where and why. */
export class CirrusFileError extends Error {
  override readonly name = "CirrusFileError";

  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
  }
}

/** Fields that a task has and also gets from templates and from the top of the file (cirrus-cli: collectible fields). */
const gathered: readonly string[] = ["env", "environment"];

/** Puts the contents of templates (`<<`) where they are used. A key of the map itself wins over the template's. */
export function mergeTemplates(node: CirrusNode): CirrusNode {
  if (node.kind === "text") return node;
  if (node.kind === "list") return { ...node, items: node.items.map(mergeTemplates) };
  const own = new Set(node.entries.map(({ key }) => key));
  const entries = node.entries.flatMap((entry): CirrusEntry[] => {
    const value = mergeTemplates(entry.value);
    if (entry.key !== "<<") return [{ ...entry, value }];
    return templatesOf(value, entry.line).flatMap(({ entries: given }) =>
      given.filter(({ key }) => gathered.includes(key) || !own.has(key)),
    );
  });
  return { ...node, entries };
}

function templatesOf(value: CirrusNode, line: number): CirrusMap[] {
  if (value.kind === "map") return [value];
  if (value.kind === "list") return value.items.flatMap((item) => templatesOf(item, line));
  throw new CirrusFileError(line, "`<<` needs a template, which is a map.");
}

/** The last value of a key; undefined where there is none. */
export function childOf(node: CirrusNode | undefined, key: string): CirrusNode | undefined {
  return node?.kind === "map" ? node.entries.findLast((entry) => entry.key === key)?.value : undefined;
}

/** The keys and values of a map; nothing for anything else. */
export function entriesOf(node: CirrusNode | undefined): CirrusEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

/** A scalar's text; undefined for anything else. */
export function textOf(node: CirrusNode | undefined): string | undefined {
  return node?.kind === "text" ? node.text : undefined;
}

/** A text, or a list of texts, as a list. What is not a text is left out. */
export function textsOf(node: CirrusNode | undefined): string[] {
  if (node?.kind === "list") return node.items.flatMap((item) => textOf(item) ?? []);
  return node?.kind === "text" ? [node.text] : [];
}
