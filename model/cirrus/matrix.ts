import { type CirrusEntry, CirrusFileError, type CirrusMap, type CirrusNode } from "./tree.ts";

/** More tasks than any real file has; a few nested matrices that go wrong make millions. */
const mostTasks = 500;

/**
 * One task for each combination: a `matrix` is replaced by each of its children in turn, until there is none left. The
 * result has no `matrix`. Source: cirrus-cli, pkg/parser/modifier/matrix.
 * @throws CirrusFileError for a matrix of the wrong shape, and for more than 500 tasks
 */
export function expandMatrices(task: CirrusEntry): CirrusEntry[] {
  const done: CirrusEntry[] = [];
  const waiting = [task];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const copies = replaceFirst(next.value);
    if (copies) waiting.unshift(...copies.map((value) => ({ ...task, value })));
    else done.push(next);
    if (done.length + waiting.length > mostTasks)
      throw new CirrusFileError(task.line, `the matrices of ${task.key} make more than ${mostTasks} tasks.`);
  }
  return done;
}

/** A copy of the node for each child of its first matrix; undefined when it has none. */
function replaceFirst(node: CirrusNode): CirrusNode[] | undefined {
  if (node.kind === "text") return undefined;
  if (node.kind === "list") {
    return firstOf(node.items, replaceFirst, (items) => ({ ...node, items }));
  }
  const index = node.entries.findIndex(({ key }) => key === "matrix");
  const matrix = node.entries[index];
  if (matrix)
    return childrenOf(matrix).map((children) => withEntries(node, node.entries.toSpliced(index, 1, ...children)));
  return firstOf(
    node.entries,
    (entry) => replaceFirst(entry.value)?.map((value) => ({ ...entry, value })),
    (entries) => withEntries(node, entries),
  );
}

/** Replaces the first part that has a matrix by each of its copies. */
function firstOf<Part>(
  parts: readonly Part[],
  replace: (part: Part) => Part[] | undefined,
  rebuild: (parts: Part[]) => CirrusNode,
): CirrusNode[] | undefined {
  for (const [index, part] of parts.entries()) {
    const copies = replace(part);
    if (copies) return copies.map((copy) => rebuild(parts.with(index, copy)));
  }
  return undefined;
}

function childrenOf({ line, value }: CirrusEntry): CirrusEntry[][] {
  if (value.kind === "map") return value.entries.map((entry) => [entry]);
  if (value.kind === "text") throw new CirrusFileError(line, "a matrix needs a map or a list of maps.");
  return value.items.map((item) => {
    if (item.kind === "map") return item.entries;
    throw new CirrusFileError(item.line, "each entry of a matrix must be a map.");
  });
}

function withEntries(node: CirrusMap, entries: CirrusEntry[]): CirrusMap {
  return { ...node, entries };
}
