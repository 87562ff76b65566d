import * as pulumi from "@pulumi/pulumi";
import type { TartHostConnection } from "../../drivers/tart/host-connection.ts";
import type { PoolPlace } from "../../model/names.ts";
import { type PlannedTartHost, planTartPool, type TartPoolPlan } from "../../model/plan/tart.ts";
import type { TartImageSettings, TartPoolSettings } from "../../model/settings.ts";
import { TartHost } from "./host.ts";
import { TartImage } from "./image.ts";
import { TartVm } from "./vm.ts";

/** What a pool of your own Macs is made from. */
export interface TartPoolArgs {
  place: PoolPlace;
  pool: TartPoolSettings;
  image: TartImageSettings;
  /** The fleet's mark, on everything that it owns. */
  fleetId: pulumi.Output<string>;
  /** The private key to all Macs of the pool; the ssh agent is asked where there is none. */
  privateKey: pulumi.Output<string> | undefined;
}

/** Macs of your own with Tart: each brought to what Tart needs, given the golden image, and a VM in each slot. */
export class TartPool extends pulumi.ComponentResource {
  /** Host by host, slot by slot. */
  readonly vms: TartVm[];

  constructor(name: string, args: TartPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mac-runner-fleet:tart:Pool", name, {}, opts);
    const plan = planTartPool(args.place, args.pool, args.image);
    this.vms = plan.hosts.flatMap((planned) => this.#createHost(planned, plan, args));
    this.registerOutputs({ vms: this.vms.map((vm) => vm.name) });
  }

  #createHost(planned: PlannedTartHost, plan: TartPoolPlan, args: TartPoolArgs): TartVm[] {
    const { pool, image, fleetId } = args;
    const { name, address, port, hostKey } = planned.host;
    const connection: TartHostConnection = { name, address, port, user: pool.sshUser, hostKey };
    const host = new TartHost(planned.logicalName, { connection, privateKey: args.privateKey }, { parent: this });
    if (planned.slots.length === 0) return [];
    const golden = new TartImage(
      `${planned.logicalName}-image`,
      { host: connection, reference: image.reference, insecure: image.insecure, goldenName: plan.goldenName, fleetId },
      { parent: host, dependsOn: [host.bootstrap] },
    );
    return planned.slots.map(
      (slot) =>
        new TartVm(
          slot.logicalName,
          {
            host: connection,
            name: slot.vmName,
            image: golden.goldenName,
            imageDigest: golden.digest,
            ...pool.vm,
            fleetId,
          },
          { parent: host },
        ),
    );
  }
}
