import * as pulumi from "@pulumi/pulumi";
import type { OrkaVmInputs } from "../../drivers/orka/vm-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/orka/vm-resource.ts");

/** One VM on an Orka cluster. Names are fixed, so a replacement takes its place only after the old one is gone. */
export class OrkaVm extends pulumi.dynamic.Resource {
  /** Where the VM is reached; with NAT this is the address of its node. */
  declare readonly ip: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: Inputs<OrkaVmInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, ip: undefined }, opts, "fleet", "OrkaVm");
  }
}
