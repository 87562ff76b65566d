import * as pulumi from "@pulumi/pulumi";
import type { TartVmInputs } from "../../drivers/tart/vm-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/tart/vm-resource.ts");

/** The macOS VM in one slot of a Mac, kept running by launchd in the session of the Mac's user. */
export class TartVm extends pulumi.dynamic.Resource {
  /** The VM's address in the Mac's own network. */
  declare readonly ip: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: Inputs<TartVmInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, ip: undefined }, opts, "fleet", "TartVm");
  }
}
