import { goldenVmName, logicalName, type PoolPlace, tartVmName } from "../names.ts";
import type { TartImageSettings, TartPoolSettings } from "../settings.ts";

/** The VM of one slot. */
export interface PlannedSlot {
  logicalName: string;
  /** The VM's name on its Mac. */
  vmName: string;
  /** Counted from 1. */
  slot: number;
}

/** A Mac of the pool and what runs on it. */
export interface PlannedTartHost {
  logicalName: string;
  host: TartPoolSettings["hosts"][number];
  slots: PlannedSlot[];
}

/** Everything that is decided about a Tart pool before anything is declared. */
export interface TartPoolPlan {
  hosts: PlannedTartHost[];
  /** The local VM on each Mac that its slots are cloned from. */
  goldenName: string;
}

/** Decides the VMs of a Tart pool. Pure. */
export function planTartPool(place: PoolPlace, pool: TartPoolSettings, image: TartImageSettings): TartPoolPlan {
  return {
    goldenName: goldenVmName(place, image.name, image.reference),
    hosts: pool.hosts.map((host) => ({
      logicalName: logicalName(pool.name, host.name),
      host,
      slots: Array.from({ length: host.slots }, (_, index) => ({
        logicalName: logicalName(pool.name, host.name, "slot", index + 1),
        vmName: tartVmName(place, index + 1),
        slot: index + 1,
      })),
    })),
  };
}
