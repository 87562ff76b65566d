import * as pulumi from "@pulumi/pulumi";
import type { OrkaVmConfigInputs } from "../../drivers/orka/vm-config-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/orka/vm-config-resource.ts");

/** A VM config on an Orka cluster: the shape that VMs are deployed with. Orka cannot edit one, so a change replaces it. */
export class OrkaVmConfig extends pulumi.dynamic.Resource {
  /** The config's name on the cluster. */
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: Inputs<OrkaVmConfigInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, opts, "fleet", "OrkaVmConfig");
  }
}
