import { z } from "zod";
import type { PoolMemory } from "../../model/ec2-mac/types.ts";

const instant = z.number();
const instants = z.record(z.string(), instant);

const life = z.looseObject({
  kind: z.enum(["launch", "replacement"]),
  clientToken: z.string(),
  hostId: z.string(),
  imageId: z.string(),
  askedAt: instant,
  result: z.enum(["asked", "running", "ready", "failed", "refused"]),
  resultAt: instant.optional(),
  instanceId: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

const allocation = z.looseObject({
  clientToken: z.string(),
  hostName: z.string(),
  zone: z.string(),
  instanceType: z.string(),
  askedAt: instant,
  result: z.enum(["asked", "allocated", "failed"]),
  answeredAt: instant.optional(),
  hostId: z.string().optional(),
});

const refusal = z.looseObject({
  zone: z.string(),
  instanceType: z.string(),
  why: z.enum(["no-capacity", "quota-exceeded"]),
  at: instant,
  times: z.number(),
});

const drain = z.looseObject({
  since: instant,
  toldAt: instant.optional(),
  answered: z.boolean(),
  way: z.enum(["replace-root-volume", "terminate"]),
  why: z.string(),
});

const scrub = z.looseObject({ zone: z.string(), instanceType: z.string(), seconds: z.number(), at: instant });

const hourLoad = z.looseObject({ seconds: z.number(), mean: z.number(), square: z.number() });

const demand = z.looseObject({
  hours: z.array(hourLoad),
  openHour: z.number(),
  open: hourLoad,
  at: instant,
  load: z.number(),
  recent: z.number().optional(),
  isUnseen: z.boolean().optional(),
});

/** A pool's memory as it comes out of a store. What a newer version added is kept. */
export const memorySchema: z.ZodType<PoolMemory> = z.looseObject({
  since: instant.optional(),
  lookedAt: instant.optional(),
  hostIds: z.record(z.string(), z.string()),
  lives: z.array(life),
  allocations: z.array(allocation),
  refusals: z.array(refusal),
  drains: z.record(z.string(), drain),
  removals: instants,
  absentSince: instants,
  setUpSeenAt: instants,
  readyAt: instants.default({}),
  quarantines: z.record(z.string(), z.looseObject({ until: instant, liftedAt: instant.optional() })).default({}),
  jobs: z.record(z.string(), z.looseObject({ bornAt: instant, finished: z.number(), mark: z.string() })).default({}),
  hostStates: z.record(z.string(), z.looseObject({ state: z.string(), since: instant })),
  scrubs: z.array(scrub),
  demand: demand.optional(),
});
