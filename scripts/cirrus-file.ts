import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from "yaml";
import { type CirrusEntry, CirrusFileError, type CirrusNode } from "../model/cirrus/tree.ts";

/** More than any real file has; aliases of aliases of lists make millions. */
const mostNodes = 50_000;

/**
 * Reads the text of a .cirrus.yml with its order, its repeated keys and its line numbers, which an ordinary reading loses.
 * @throws Error that says where the text is not YAML; CirrusFileError
 */
export function readCirrusFile(text: string): CirrusNode {
  const lines = new LineCounter();
  // Every scalar is a text: 1.10 stays 1.10, and `on` is no boolean.
  const document = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: "error",
  });
  const [error] = document.errors;
  if (error) throw new Error(`this is not YAML.\n  ${withHint(error.message)}`);
  if (!document.contents) throw new CirrusFileError(1, "it is empty.");
  return new Converter(document, lines).convert(document.contents);
}

function withHint(message: string): string {
  if (!message.includes("Tags and anchors")) return message;
  return `${message}\n  A condition that begins with ! needs quotes: skip: "!changesInclude('src/**')"`;
}

class Converter {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #open = new Set<unknown>();
  #nodes = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  convert(node: unknown): CirrusNode {
    const line = this.#lineOf(node);
    this.#nodes += 1;
    if (this.#nodes > mostNodes) throw new CirrusFileError(line, `the file has more than ${mostNodes} values.`);
    if (isAlias(node)) return this.#follow(node, line);
    if (isScalar(node)) return { kind: "text", line, text: scalarText(node) };
    if (this.#open.has(node)) throw new CirrusFileError(line, "a template contains itself.");
    this.#open.add(node);
    const converted = this.#collection(node, line);
    this.#open.delete(node);
    return converted;
  }

  #collection(node: unknown, line: number): CirrusNode {
    if (isSeq(node)) return { kind: "list", line, items: node.items.map((item) => this.convert(item)) };
    if (isMap(node)) return { kind: "map", line, entries: node.items.map((pair) => this.#entry(pair, line)) };
    return { kind: "text", line, text: "" };
  }

  #entry({ key, value }: Pair, outer: number): CirrusEntry {
    const line = this.#lineOf(key) || outer;
    if (!isScalar(key)) throw new CirrusFileError(line, "a key must be a plain word.");
    return {
      key: scalarText(key),
      line,
      value: value === null ? { kind: "text", line, text: "" } : this.convert(value),
    };
  }

  #follow(alias: Alias, line: number): CirrusNode {
    const target = alias.resolve(this.#document);
    if (!target) throw new CirrusFileError(line, `there is no template &${alias.source} before it.`);
    return this.convert(target);
  }

  #lineOf(node: unknown): number {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? 1 : this.#lines.linePos(start).line;
  }
}

/** `!changesInclude('a')` without quotes is a tag to YAML, and a condition to whoever wrote it. */
function scalarText({ value, tag, type }: Scalar): string {
  const text = String(value ?? "");
  if (tag?.startsWith("!")) return `${tag}${text}`;
  return type === "PLAIN" && /^(null|~)$/i.test(text) ? "" : text;
}
