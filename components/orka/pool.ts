import * as pulumi from "@pulumi/pulumi";
import type { PoolPlace } from "../../model/names.ts";
import { planOrkaPool } from "../../model/plan/orka.ts";
import type { OrkaImageSettings, OrkaPoolSettings } from "../../model/settings.ts";
import { OrkaVm } from "./vm.ts";
import { OrkaVmConfig } from "./vm-config.ts";

/** What an Orka pool is made from. */
export interface OrkaPoolArgs {
  place: PoolPlace;
  pool: OrkaPoolSettings;
  /** @throws when the settings have no Orka image of that name */
  imageOf: (name: string) => OrkaImageSettings;
  /** The fleet's mark, on everything that it owns. */
  fleetId: pulumi.Output<string>;
}

/** VMs of an Orka cluster, in as many kinds as the pool has images. */
export class OrkaPool extends pulumi.ComponentResource {
  /** In the order of the images in the settings. */
  readonly vms: OrkaVm[];

  constructor(name: string, args: OrkaPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mac-runner-fleet:orka:Pool", name, {}, opts);
    const { pool, fleetId } = args;
    const plan = planOrkaPool(args.place, pool, args.imageOf);
    const shape = { cpu: pool.vm.cpu, memoryGb: pool.vm.memoryGb };
    const cluster = { apiUrl: pool.apiUrl, namespace: pool.namespace };
    const placement = pool.nodeTag ? { tag: pool.nodeTag, tagRequired: pool.tagRequired } : {};
    const configs = new Map(
      plan.configs.map((config) => [
        config.name,
        new OrkaVmConfig(
          config.logicalName,
          { cluster, name: config.name, image: config.image.image, ...shape, ...placement, fleetId },
          { parent: this },
        ),
      ]),
    );
    this.vms = plan.vms.map(
      (vm) =>
        new OrkaVm(
          vm.logicalName,
          {
            cluster,
            name: vm.name,
            vmConfig: configs.get(vm.configName)?.name ?? vm.configName,
            image: vm.image.image,
            ...shape,
            diskGb: pool.vm.diskGb,
            imageDiskGb: vm.image.diskGb,
            fleetId,
          },
          { parent: this },
        ),
    );
    this.registerOutputs({ vms: this.vms.map((vm) => vm.name) });
  }
}
