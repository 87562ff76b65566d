/** Which simulated Macs run at a moment, and on which disks. Pure. */
import { hostState, instanceState, taskState } from "../rules.ts";
import type { SimInstance, SimState } from "../state.ts";

/** What should be with one instance's Mac. */
export interface GuestPlan {
  instanceId: string;
  /** True while macOS runs: from `running` on, and not while a root volume is being replaced. */
  isUp: boolean;
  /** Names the root volume: another name is a fresh volume. */
  rootVolume: string;
  /** Names the internal disk: another name is another Mac, or the same after a scrub. */
  internalDisk: string;
}

/** The plan for every instance that still has disks; those of a terminated one are gone. */
export function planGuests(state: SimState, now: number): GuestPlan[] {
  return state.instances
    .filter((instance) => instanceState(instance, now) !== "terminated")
    .map((instance) => ({
      instanceId: instance.instanceId,
      isUp: isUp(state, instance, now),
      rootVolume: rootVolume(state, instance, now),
      internalDisk: `${instance.hostId}/${instance.launchedAt}`,
    }));
}

function isUp(state: SimState, instance: SimInstance, now: number): boolean {
  const host = state.hosts.find(({ hostId }) => hostId === instance.hostId);
  if (!host || hostState(host, now) !== "available") return false;
  const isReplaced = state.tasks.some(
    (task) => task.instanceId === instance.instanceId && taskState(task, now) === "in-progress",
  );
  return instanceState(instance, now) === "running" && !isReplaced;
}

function rootVolume(state: SimState, instance: SimInstance, now: number): string {
  const replaced = state.tasks.findLast(
    (task) => task.instanceId === instance.instanceId && taskState(task, now) === "succeeded",
  );
  return replaced?.taskId ?? "launch";
}
