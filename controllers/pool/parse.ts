import { z } from "zod";
import type { LedgerEntry } from "../../model/ec2-mac/ledger.ts";
import type { PoolMemory } from "../../model/ec2-mac/types.ts";
import { memorySchema } from "./memory-schema.ts";

/** Reads a memory that a store kept. @throws Error with what to do when it is none; `place` is where it was kept */
export function parseMemory(body: string, place: string, remedy: string): PoolMemory {
  try {
    return memorySchema.parse(JSON.parse(body));
  } catch (error) {
    throw new Error(
      `${place} holds something that is no pool's memory.\n  ${remedy}: the controllers then learn all of it anew, which costs time and no machine.`,
      { cause: error },
    );
  }
}

const ledgerSchema: z.ZodType<LedgerEntry[]> = z.array(
  z.looseObject({
    hostId: z.string(),
    hostName: z.string(),
    instanceType: z.string(),
    billedSeconds: z.number(),
    unbilledSeconds: z.number(),
    jobs: z.number(),
    countedUntil: z.number(),
    countedJobs: z.object({ instanceId: z.string(), bornAt: z.number(), finished: z.number() }).optional(),
  }),
);

/** Reads a ledger that a store kept. @throws Error when it is none */
export function parseLedger(body: string): LedgerEntry[] {
  return ledgerSchema.parse(JSON.parse(body));
}
