import process from "node:process";

/** An error in words for a person; with FLEET_DEBUG set, also where it came from. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return process.env.FLEET_DEBUG ? (error.stack ?? error.message) : error.message;
}
