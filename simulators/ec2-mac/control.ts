import { z } from "zod";
import { endInstance } from "./actions/instances.ts";
import type { SimClock } from "./clock.ts";
import { type FaultQueue, faultSchema } from "./faults.ts";
import type { Guests } from "./guest/guests.ts";
import { guestFaultsSchema } from "./guest/messages.ts";
import type { FunctionRun } from "./lambda/state.ts";
import { breakHost } from "./recovery.ts";
import { checkStatus, hostState, imageOf, instanceState, occupant, releaseRefusal, taskState } from "./rules.ts";
import type { SimState } from "./state.ts";

/** What the control endpoints work on. */
export interface Control {
  state: SimState;
  clock: SimClock;
  faults: FaultQueue;
  seed: string;
  /** The newest runs of functions. */
  runs: readonly FunctionRun[];
  guests: Guests | undefined;
  /** Runs an EC2 call as a client in that region would, and gives back its XML. */
  call(region: string, form: URLSearchParams): Promise<string>;
}

const clockSchema = z.strictObject({
  advanceSeconds: z.number().nonnegative().optional(),
  rate: z.number().nonnegative().optional(),
});
const brokenHostSchema = z.strictObject({ effect: z.literal("host-failure"), hostId: z.string() });
const launchSchema = z.strictObject({ launchTemplateName: z.string(), hostId: z.string() });
const guestSchema = z.strictObject({
  instanceId: z.string(),
  /** A script for its root. */
  run: z.string().optional(),
  reboot: z.boolean().optional(),
  isFrozen: z.boolean().optional(),
  faults: guestFaultsSchema.optional(),
});
const shutdownSchema = z.strictObject({ instanceId: z.string() });

/**
 * The simulator's own endpoints, next to the AWS API. Paths: GET `/_sim/state`; POST `/_sim/clock`, `/_sim/faults`,
 * `/_sim/launch`, `/_sim/shutdown` (the macOS inside shuts down), `/_sim/guest` (a Mac that really runs). Throws for an unknown path or a wrong body.
 */
export async function control(path: string, body: string, it: Control): Promise<unknown> {
  const given = () => JSON.parse(body || "{}");
  switch (path) {
    case "/_sim/state":
      return describe(it);
    case "/_sim/clock":
      return moveClock(it, clockSchema.parse(given()));
    case "/_sim/faults":
      return addFault(it, given());
    case "/_sim/launch":
      return launch(it, launchSchema.parse(given()));
    case "/_sim/shutdown":
      return shutDown(it, shutdownSchema.parse(given()).instanceId);
    case "/_sim/guest":
      return tellGuest(it, guestSchema.parse(given()));
    default:
      throw new Error(`no such control path: ${path}`);
  }
}

function moveClock({ clock }: Control, { advanceSeconds, rate }: z.infer<typeof clockSchema>) {
  if (advanceSeconds !== undefined) clock.advance(advanceSeconds);
  if (rate !== undefined) clock.setRate(rate);
  return { now: new Date(clock.now()).toISOString(), rate: clock.rate };
}

function addFault({ state, clock, faults }: Control, body: unknown) {
  const broken = brokenHostSchema.safeParse(body);
  if (!broken.success) {
    faults.add(faultSchema.parse(body));
    return { faults: faults.list() };
  }
  const host = state.hosts.find(({ hostId }) => hostId === broken.data.hostId);
  if (!host) throw new Error(`no host ${broken.data.hostId}`);
  breakHost(host, clock.now());
  return { hostId: host.hostId };
}

async function launch(it: Control, { launchTemplateName, hostId }: z.infer<typeof launchSchema>) {
  const host = it.state.hosts.find((item) => item.hostId === hostId);
  if (!host) throw new Error(`no host ${hostId}`);
  const form = new URLSearchParams({
    Action: "RunInstances",
    Version: "2016-11-15",
    MinCount: "1",
    MaxCount: "1",
    "LaunchTemplate.LaunchTemplateName": launchTemplateName,
    "Placement.HostId": hostId,
  });
  await it.call(host.region, form);
  return { instanceId: occupant(it.state, hostId, it.clock.now())?.instanceId };
}

async function tellGuest({ guests }: Control, { instanceId, ...told }: z.infer<typeof guestSchema>) {
  if (!guests) throw new Error("no Macs run here: instances are only states");
  if (told.faults) guests.setFaults(instanceId, told.faults);
  if (told.isFrozen !== undefined) guests.freeze(instanceId, told.isFrozen);
  if (told.reboot) await guests.reboot(instanceId);
  return told.run === undefined ? { isUp: guests.isUp(instanceId) } : guests.run(instanceId, told.run);
}

/** The macOS inside shuts down: what the shutdown behaviour says decides whether it only stops or goes for good. */
export function shutDown(it: Pick<Control, "state" | "clock" | "seed">, instanceId: string) {
  const instance = it.state.instances.find((item) => item.instanceId === instanceId);
  if (!instance) throw new Error(`no instance ${instanceId}`);
  const now = it.clock.now();
  if (instanceState(instance, now) !== "running") throw new Error(`${instanceId} is not running`);
  const reason = "Client.InstanceInitiatedShutdown: Instance initiated shutdown";
  endInstance({ state: it.state, now, seed: it.seed }, instance, instance.shutdownBehavior, reason);
  return { instanceId, state: instanceState(instance, now) };
}

function describe({ state, clock, faults, runs }: Control) {
  const now = clock.now();
  return {
    now: new Date(now).toISOString(),
    rate: clock.rate,
    hosts: state.hosts.map((host) => ({
      ...host,
      state: hostState(host, now),
      releaseRefusal: releaseRefusal(state, host, now)?.message,
    })),
    instances: state.instances.map((instance) => ({
      ...instance,
      state: instanceState(instance, now),
      status: checkStatus(state, instance, now),
      imageId: imageOf(state, instance, now),
    })),
    tasks: state.tasks.map((task) => ({ ...task, state: taskState(task, now) })),
    faults: faults.list(),
    scheduler: state.scheduler,
    functions: state.functions,
    runs,
  };
}
