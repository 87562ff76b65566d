import { oncePer } from "./once.ts";
import type { LifeRecord } from "./types.ts";

/** Lives change some times an hour, and are asked for at each look. */
const byHost = oncePer((lives: readonly LifeRecord[]) => Map.groupBy(lives, (life) => life.hostId));
const byInstance = oncePer((lives: readonly LifeRecord[]) => Map.groupBy(lives, (life) => life.instanceId));

const none: readonly LifeRecord[] = [];

/** The remembered lives on a host, oldest first. */
export function livesOn(hostId: string, lives: readonly LifeRecord[]): readonly LifeRecord[] {
  return byHost(lives).get(hostId) ?? none;
}

/** The remembered lives of an instance, oldest first, be it that AWS has moved it to another host meanwhile. */
export function livesOf(instanceId: string, lives: readonly LifeRecord[]): readonly LifeRecord[] {
  return byInstance(lives).get(instanceId) ?? none;
}
