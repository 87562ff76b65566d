import type * as pulumi from "@pulumi/pulumi";
import type { PoolPlace } from "../../model/names.ts";
import type { Ec2MacPoolSettings } from "../../model/settings.ts";

/** What the parts of a pool have in common. */
export interface PoolScope {
  /** The pool's name within the Pulumi program; those of its parts begin with it. */
  name: string;
  place: PoolPlace;
  pool: Ec2MacPoolSettings;
  /** The tag that proves the fleet's ownership. Its value is known once the fleet exists. */
  mark: Record<string, pulumi.Output<string>>;
  parent: pulumi.Resource;
}
