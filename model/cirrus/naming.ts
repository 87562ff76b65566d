import type { CirrusTask } from "./task.ts";

/** Letters, digits and single dashes, starting with a letter and cut to a length. */
export function slug(text: string, limit: number): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, limit)
    .replace(/-+$/, "");
  return clean || "task";
}

/** The names, each made unique by a number from 2 where it comes again. `limit` holds for the number too. */
export function uniqueSlugs(texts: readonly string[], limit: number): string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    let name = slug(text, limit);
    for (let n = 2; taken.has(name); n += 1) name = `${slug(text, limit - String(n).length - 1)}-${n}`;
    taken.add(name);
    return name;
  });
}

/** A task's name, and where several have the same, the values of the variables in which they differ. */
export function labels(tasks: readonly CirrusTask[]): string[] {
  return tasks.map((task) => {
    const namesakes = tasks.filter(({ name }) => name === task.name);
    const differing = task.environment.literal.filter(([name, value]) =>
      namesakes.some(({ environment }) => environment.known.get(name) !== value),
    );
    const pairs = differing.map(([name, value]) => `${name}=${value}`);
    return pairs.length > 0 ? `${task.name} (${pairs.join(", ")})` : task.name;
  });
}
