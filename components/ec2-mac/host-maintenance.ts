import * as pulumi from "@pulumi/pulumi";
import type { HostMaintenanceInputs } from "../../drivers/ec2/host-maintenance-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/ec2/host-maintenance-resource.ts");

/**
 * Keeps host maintenance off for all hosts of a pool. The vendor's DedicatedHost has no argument for it, and AWS
 * would otherwise move a Mac to another host, with another id, at a time of its own choosing.
 */
export class HostMaintenance extends pulumi.dynamic.Resource {
  constructor(name: string, args: Inputs<HostMaintenanceInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, opts, "fleet", "HostMaintenance");
  }
}
