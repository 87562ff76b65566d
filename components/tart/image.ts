import * as pulumi from "@pulumi/pulumi";
import type { TartImageInputs } from "../../drivers/tart/image-resource.ts";
import { door } from "../door.ts";
import type { Inputs } from "../inputs.ts";

const provider = door("drivers/tart/image-resource.ts");

/** A golden image on one Mac: pulled from the registry and kept as a local VM that no cache clean-up can evict. */
export class TartImage extends pulumi.dynamic.Resource {
  /** The local VM that slots are cloned from. */
  declare readonly goldenName: pulumi.Output<string>;
  /** `sha256:...` of what was pulled. */
  declare readonly digest: pulumi.Output<string>;

  constructor(name: string, args: Inputs<TartImageInputs>, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, digest: undefined }, opts, "fleet", "TartImage");
  }
}
