/** EC2 takes this many ids in one question about instances. */
const idsAtOnce = 100;

/** Asks about any number of ids, some at once. */
export async function inParts<T>(ids: readonly string[], look: (ids: readonly string[]) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < ids.length; from += idsAtOnce) all.push(...(await look(ids.slice(from, from + idsAtOnce))));
  return all;
}
