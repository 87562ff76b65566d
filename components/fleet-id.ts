import type * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId.js";
import { fleetId, type StackPlace } from "../model/names.ts";

/**
 * Declares the fleet's mark: its name and four random bytes, drawn once. Two fleets of the same name, say from two
 * checkouts that share an Orka cluster, never take each other's machines for their own.
 */
export function createFleetId(place: StackPlace): pulumi.Output<string> {
  const random = new RandomId("fleet-id", { byteLength: 4 });
  return random.hex.apply((hex) => `${fleetId(place)}-${hex}`);
}
