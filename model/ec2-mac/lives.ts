import type { LifeRecord } from "./types.ts";

/** Lives change some times an hour, and are asked for at each look. */
const ordered = new WeakMap<readonly LifeRecord[], ReadonlyMap<string, readonly LifeRecord[]>>();

const none: readonly LifeRecord[] = [];

/** The remembered lives on a host, oldest first. */
export function livesOn(hostId: string, lives: readonly LifeRecord[]): readonly LifeRecord[] {
  let byHost = ordered.get(lives);
  if (!byHost) {
    byHost = Map.groupBy(lives, (life) => life.hostId);
    ordered.set(lives, byHost);
  }
  return byHost.get(hostId) ?? none;
}
