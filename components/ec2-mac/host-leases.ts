import * as pulumi from "@pulumi/pulumi";
import type { HostLeasesInputs } from "../../drivers/ec2/host-leases-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/ec2/host-leases-resource.ts");

/**
 * The leases of a pool's hosts: a host that leaves the list, or the list itself, is given back at the first moment AWS
 * allows, by something that outlasts the stack; with the list also what the pool's controller has made. Keeps host
 * maintenance off meanwhile: the vendor's DedicatedHost has no argument for it, and AWS would move a Mac to another host,
 * with another id, at a time of its own choosing.
 */
export class HostLeases extends pulumi.dynamic.Resource {
  constructor(name: string, args: Inputs<HostLeasesInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, opts, "fleet", "HostLeases");
  }
}
