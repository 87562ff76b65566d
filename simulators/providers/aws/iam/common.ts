import type { PropertyTable } from "../../shared/properties.ts";

/** What IAM alone gives to a role or an instance profile. */
export const iamOutputs: PropertyTable = {
  createDate: { type: "string", output: true },
  uniqueId: { type: "string", output: true },
};

/** A time as the vendor writes it: whole seconds, UTC. */
export function vendorTime(time: Date | undefined): string {
  return (time ?? new Date(0)).toISOString().replace(/\.\d+Z$/, "Z");
}
