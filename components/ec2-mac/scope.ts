import type * as pulumi from "@pulumi/pulumi";
import type { PoolPlace } from "../../model/names.ts";
import type { Ec2MacPoolSettings } from "../../model/settings.ts";

/** What the parts of a pool have in common. */
export interface PoolScope {
  /** The pool's name within the Pulumi program; those of its parts begin with it. */
  name: string;
  place: PoolPlace;
  pool: Ec2MacPoolSettings;
  /** The value of the fleet's mark. Known once the fleet exists. */
  fleetId: pulumi.Output<string>;
  /** The tag that proves the fleet's ownership. */
  mark: Record<string, pulumi.Output<string>>;
  /** On the pool's shared parts, with the mark. */
  tags: Record<string, pulumi.Input<string>>;
  parent: pulumi.Resource;
}

/** The account that an ARN belongs to. */
export function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}
