import { z } from "zod";

/** A group of schedules. Times are milliseconds of the simulator's clock. */
export const groupSchema = z.object({
  region: z.string(),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  createdAt: z.number(),
});

/** A schedule: what it was asked to be, and what became of it. */
export const scheduleSchema = z.object({
  region: z.string(),
  group: z.string(),
  name: z.string(),
  expression: z.string(),
  startDate: z.number().optional(),
  endDate: z.number().optional(),
  description: z.string().optional(),
  state: z.enum(["ENABLED", "DISABLED"]),
  actionAfterCompletion: z.enum(["NONE", "DELETE"]),
  /** The target as it was given. */
  target: z.looseObject({ Arn: z.string(), RoleArn: z.string(), Input: z.string().optional() }),
  flexibleTimeWindow: z.looseObject({ Mode: z.string() }),
  clientToken: z.string().optional(),
  createdAt: z.number(),
  changedAt: z.number(),
  /** The time it is due next; missing once it is complete. */
  nextAt: z.number().optional(),
});

/** One time that a schedule was due, and what came of it. */
export const firingSchema = z.object({
  region: z.string(),
  group: z.string(),
  schedule: z.string(),
  at: z.number(),
  target: z.string(),
  input: z.string().optional(),
  /** `done`, `started` (a function that runs on its own), or why it failed. */
  result: z.string(),
});

/** See `groupSchema`. */
export type ScheduleGroup = z.infer<typeof groupSchema>;
/** See `scheduleSchema`. */
export type Schedule = z.infer<typeof scheduleSchema>;
/** See `firingSchema`. */
export type Firing = z.infer<typeof firingSchema>;

/** All that the simulated Scheduler remembers. */
export const schedulerStateSchema = z.object({
  groups: z.array(groupSchema),
  schedules: z.array(scheduleSchema),
  /** The newest ones, oldest first. */
  firings: z.array(firingSchema),
});

/** See `schedulerStateSchema`. */
export type SchedulerState = z.infer<typeof schedulerStateSchema>;

/** Nothing scheduled yet. */
export function emptySchedulerState(): SchedulerState {
  return { groups: [], schedules: [], firings: [] };
}
