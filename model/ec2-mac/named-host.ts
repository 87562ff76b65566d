import { byName } from "../names.ts";
import type { Place, View } from "./view.ts";

/** Where the host is that a person names, by its name or its id. @throws Error when the pool has no such host */
export function placesNamed(view: View, named: string): [Place, ...Place[]] {
  const [first, ...others] = view.places.filter(({ host }) => host.name === named || host.hostId === named);
  if (first) return [first, ...others];
  throw new Error(`${named}: the pool has no such host.\n  ${hostNames(view.places.map(({ host }) => host.name))}`);
}

/** What a person may have meant instead. */
export function hostNames(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort(byName);
  return sorted.length > 0 ? `It has ${sorted.join(", ")}.` : "It has none now: `fleet pool status` says why.";
}
