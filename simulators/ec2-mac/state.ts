import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { functionSchema } from "./lambda/state.ts";
import { emptySchedulerState, schedulerStateSchema } from "./scheduler/state.ts";
import { hexDigits } from "./timings.ts";

const tags = z.record(z.string(), z.string());
const time = z.number();
const onOff = z.enum(["on", "off"]);

const hostSchema = z.object({
  hostId: z.string(),
  region: z.string(),
  zone: z.string(),
  instanceType: z.string(),
  autoPlacement: onOff,
  hostRecovery: onOff,
  hostMaintenance: onOff,
  tags,
  clientToken: z.string().optional(),
  allocatedAt: time,
  releasedAt: time.optional(),
  /** The last clean-up after an instance. */
  scrub: z.object({ from: time, until: time }).optional(),
  /** The hardware broke: first `under-assessment`, then `permanent-failure`. */
  failure: z.object({ from: time, permanentFrom: time, replacedBy: z.string().optional() }).optional(),
});

const instanceSchema = z.object({
  instanceId: z.string(),
  hostId: z.string(),
  region: z.string(),
  imageId: z.string(),
  instanceType: z.string(),
  shutdownBehavior: z.enum(["stop", "terminate"]),
  tags,
  clientToken: z.string().optional(),
  keyName: z.string().optional(),
  userData: z.string().optional(),
  subnetId: z.string(),
  vpcId: z.string(),
  securityGroupIds: z.array(z.string()),
  instanceProfile: z.string().optional(),
  metadataOptions: z.record(z.string(), z.string()),
  privateIp: z.string(),
  launchedAt: time,
  /** From here on the state is `running`; the system still boots. */
  runningFrom: time,
  /** From here on the status checks are ok. */
  bootedFrom: time,
  ending: z.object({ kind: z.enum(["stop", "terminate"]), reason: z.string(), from: time, until: time }).optional(),
});

const taskSchema = z.object({
  taskId: z.string(),
  instanceId: z.string(),
  region: z.string(),
  imageId: z.string().optional(),
  snapshotId: z.string().optional(),
  deleteReplacedRootVolume: z.boolean(),
  tags,
  startedAt: time,
  runsFrom: time,
  endsAt: time,
  /** When the instance passes its checks again. */
  bootedFrom: time,
  fails: z.boolean(),
});

const stateSchema = z.object({
  /** Numbers the ids that were given out. */
  counter: z.number(),
  clock: z.object({ now: time, rate: z.number(), savedAt: time }).optional(),
  hosts: z.array(hostSchema),
  instances: z.array(instanceSchema),
  tasks: z.array(taskSchema),
  /** What each client token made, and a digest of the arguments it came with. */
  tokens: z.record(z.string(), z.object({ digest: z.string(), ids: z.array(z.string()) })),
  scheduler: schedulerStateSchema.default(emptySchedulerState),
  functions: z.array(functionSchema).default([]),
});

/** A dedicated host, as far as it cannot be worked out from the time. Times are milliseconds of the simulator's clock. */
export type SimHost = z.infer<typeof hostSchema>;
/** A macOS instance. */
export type SimInstance = z.infer<typeof instanceSchema>;
/** A replacement of an instance's root volume. */
export type RootVolumeTask = z.infer<typeof taskSchema>;
/** All that the simulator remembers. */
export type SimState = z.infer<typeof stateSchema>;

/** Nothing allocated yet. */
export function emptyState(): SimState {
  return {
    counter: 0,
    hosts: [],
    instances: [],
    tasks: [],
    tokens: {},
    scheduler: emptySchedulerState(),
    functions: [],
  };
}

/** The state of an earlier run, or an empty one when there was none. Throws when the file is not ours. */
export function loadState(file: string | undefined): SimState {
  if (!file) return emptyState();
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyState();
    throw new Error(`${file} is not a state of simulators/ec2-mac`, { cause: error });
  }
}

/** Writes the state so that a reader sees the old one or the new one, never half of it. */
export function saveState(file: string, state: SimState): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
  renameSync(draft, file);
}

/** The next id with this prefix: `h-0c8...`, the same sequence for the same seed. */
export function nextId(state: SimState, prefix: string, seed: string): string {
  state.counter += 1;
  return `${prefix}-0${hexDigits(`${seed}/${prefix}/${state.counter}`, 16)}`;
}
