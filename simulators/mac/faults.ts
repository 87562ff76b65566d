import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const schema = z.strictObject({
  /** Every connection is closed before it says anything. */
  refuseConnections: z.boolean().default(false),
  /** No key is good enough. */
  rejectKeys: z.boolean().default(false),
  /** Each command begins this much later. */
  delaySeconds: z.number().nonnegative().default(0),
  /** The connection is cut once commands on it have written this many bytes. 0 is at the first byte. */
  dropAfterBytes: z.number().int().nonnegative().optional(),
  /** `launchctl bootout` returns while the job is still ending, as macOS does with a busy one. */
  bootoutReturnsEarly: z.boolean().default(false),
});

/** What goes wrong on a simulated Mac at present. */
export type Faults = z.output<typeof schema>;

/** Reads `<root>/faults.json`; without the file nothing goes wrong. Read anew for each event, so a test can switch it. */
export function readFaults(root: string): Faults {
  const file = join(root, "faults.json");
  return schema.parse(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
}

/** Sets what goes wrong from now on; nothing, when called without faults. */
export function setFaults(root: string, faults?: Partial<Faults>): void {
  const file = join(root, "faults.json");
  if (faults) writeFileSync(file, JSON.stringify(faults));
  else rmSync(file, { force: true });
}
