import { logicalName, orkaVmConfigName, orkaVmName, type PoolPlace } from "../names.ts";
import type { OrkaImageSettings, OrkaPoolSettings } from "../settings.ts";

/** A VM config to declare: one for each image of the pool. */
export interface PlannedVmConfig {
  logicalName: string;
  name: string;
  image: OrkaImageSettings;
}

/** An Orka VM to declare. */
export interface PlannedOrkaVm {
  logicalName: string;
  name: string;
  /** Of the VM config that it is deployed with. */
  configName: string;
  image: OrkaImageSettings;
}

/** Everything that is decided about an Orka pool before anything is declared. */
export interface OrkaPoolPlan {
  configs: PlannedVmConfig[];
  vms: PlannedOrkaVm[];
}

/** Decides the VM configs and VMs of an Orka pool. Pure. */
export function planOrkaPool(
  place: PoolPlace,
  pool: OrkaPoolSettings,
  imageOf: (name: string) => OrkaImageSettings,
): OrkaPoolPlan {
  const configs = pool.vms.map((entry) => ({
    logicalName: logicalName(pool.name, entry.image),
    name: orkaVmConfigName(place, entry.image),
    image: imageOf(entry.image),
  }));
  const vms = pool.vms.flatMap((entry) =>
    Array.from({ length: entry.count }, (_, index) => ({
      logicalName: logicalName(pool.name, entry.image, index + 1),
      name: orkaVmName(place, entry.image, index + 1),
      configName: orkaVmConfigName(place, entry.image),
      image: imageOf(entry.image),
    })),
  );
  return { configs, vms };
}
