import { chanceOf } from "../../../model/ec2-mac/chance.ts";
import { renewingSinceTag, setUpAtTag } from "../../../model/ec2-mac/policy.ts";
import { setUpSighting } from "../../../model/ec2-mac/set-up-sighting.ts";
import type {
  Action,
  Instant,
  Observed,
  Outcome,
  PoolMemory,
  SeenHost,
  SeenInstance,
} from "../../../model/ec2-mac/types.ts";
import { isBusy, isReady, type Mac, runJobs, runnerOf, startSetUp, stateOf, tasksOf } from "./mac.ts";
import { day, hour } from "./scenario.ts";
import { hostStateOf, isReplacing, type World, type WorldHost } from "./world.ts";

/** What AWS and the CI system show. */
export type Sighted = Pick<Observed, "hosts" | "instances" | "rootVolumeTasks">;

/** Looks at the world as it was some time ago; hosts and instances may lag differently. */
export function look(
  world: World,
  lags: readonly [hosts: number, instances: number],
  isCiUp: boolean,
  memory: PoolMemory,
): Sighted {
  const [hostsAt, macsAt] = [world.now - lags[0], world.now - lags[1]];
  const macs = world.hosts.flatMap(({ mac }) => (mac && mac.endingFrom === Number.POSITIVE_INFINITY ? [mac] : []));
  const shown = [...macs, ...world.ended].filter(({ launchedAt }) => launchedAt <= macsAt);
  for (const mac of shown) runJobs(mac, world.now, world.scenario.load, world.draw);
  return {
    hosts: world.hosts.filter(({ allocatedAt }) => allocatedAt <= hostsAt).map((host) => seenHost(host, hostsAt)),
    instances: shown.map((mac) => seenInstance(mac, macsAt, world.now, isCiUp, memory)),
    rootVolumeTasks: shown.flatMap((mac) => tasksOf(mac, macsAt)),
  };
}

function seenHost(host: WorldHost, at: Instant): SeenHost {
  const { hostId, zone, instanceType, tags, allocatedAt, mac } = host;
  const isOccupied = mac !== undefined && mac.launchedAt <= at && at < mac.endedFrom;
  return {
    hostId,
    name: tags.Name ?? "",
    state: hostStateOf(host, at),
    zone,
    instanceType,
    allocatedAt,
    instanceIds: isOccupied ? [mac.instanceId] : [],
    hasRoom: !isOccupied,
    tags,
  };
}

/** AWS may show a Mac as it was; the CI system tells of its runner as it is. */
function seenInstance(mac: Mac, at: Instant, now: Instant, isCiUp: boolean, memory: PoolMemory): SeenInstance {
  const { instanceId, hostId, imageId, launchedAt, tags, bornAt } = mac;
  const isBooting = at < mac.bootedFrom || isReplacing(mac, at);
  const signs = {
    ...{ instanceId, hostId, imageId, launchedAt, tags, state: stateOf(mac, at) },
    checks: isBooting ? ("initializing" as const) : ("ok" as const),
    runner: isCiUp ? runnerOf(mac, now) : ({ state: "unknown", why: "503 Service Unavailable" } as const),
  };
  return { ...signs, setUp: setUpSighting({ ...signs, bornAt }, memory) };
}

/** Does what the controller asks, as AWS would. */
export function act(world: World, action: Action): Outcome {
  switch (action.kind) {
    case "allocate":
      return allocate(world, action);
    case "launch":
      return launch(world, action);
    case "release":
      return release(world, action.hostId);
    case "quarantine":
    case "restore":
      return withHost(world, action.hostId, (host) => {
        host.tags = { ...host.tags, ...action.tags };
        const { mac } = host;
        if (mac && mac.instanceId === action.instanceId) mac.tags = { ...mac.tags, ...action.tags };
        return { result: "done" };
      });
    case "set-up":
    case "drain":
    case "terminate":
    case "replace-root-volume":
      return withMac(world, action.instanceId, (mac) => actOnMac(world, mac, action));
    default:
      return { result: "done" };
  }
}

function actOnMac(world: World, mac: Mac, action: Action): Outcome {
  if (action.kind === "terminate") world.end(mac);
  if (mac.endingFrom <= world.now) return { result: "done" };
  if (action.kind === "drain") {
    const refusal = drain(world, mac, action);
    if (refusal) return refusal;
  }
  if (action.kind === "set-up") {
    const { faults } = world;
    const isBroken = isBadTime(world, faults.setUpsBroken, 1);
    const started = startSetUp(mac, world.now, isBroken ? { ...faults, setUpFails: 1 } : faults, world.draw);
    mac.tags = { ...mac.tags, [setUpAtTag]: String(Math.ceil(world.now)) };
    if (started) world.followRunner(mac);
  }
  if (action.kind === "replace-root-volume") {
    if (isReplacing(mac, world.now)) return failed("IncorrectState: a task is in progress");
    mac.tags = { ...mac.tags, ...action.tags };
    world.replaceVolume(mac, action.imageId);
  }
  return { result: "done", instanceId: mac.instanceId };
}

/** A runner that is gone already is drained. */
function drain(world: World, mac: Mac, { way }: Extract<Action, { kind: "drain" }>): Outcome | undefined {
  const since = Math.round(world.now + world.scenario.clockSkewSeconds);
  if (way === "replace-root-volume") mac.tags = { ...mac.tags, [renewingSinceTag]: String(since) };
  mac.drainAskedAt = Math.min(mac.drainAskedAt, world.now);
  runJobs(mac, world.now, world.scenario.load, world.draw);
  if (mac.perJob && isBusy(mac, world.now)) return failed("422: the runner is running a job");
  if (!isReady(mac, world.now)) return undefined;
  mac.drainedFrom = world.now;
  // A Mac of single jobs asks for its next credential and does not end.
  if (!mac.perJob) world.awaitRunnersEnd(mac);
  return undefined;
}

function allocate(world: World, action: Extract<Action, { kind: "allocate" }>): Outcome {
  const { clientToken, zone, instanceType, tags } = action;
  const known = world.hosts.find((host) => host.clientToken === clientToken);
  if (known) return { result: "done", hostId: known.hostId };
  if (!hasCapacity(world, zone, instanceType)) return { result: "no-capacity", text: "InsufficientHostCapacity" };
  return { result: "done", hostId: world.addHost({ clientToken, zone, instanceType, tags }).hostId };
}

function hasCapacity(world: World, zone: string, instanceType: string): boolean {
  return !isBadTime(world, world.faults.noCapacity, zone.charCodeAt(zone.length - 1) << (8 + instanceType.length));
}

/** Some things come and go by the quarter of a day, the same for the same seed. */
function isBadTime({ scenario, now }: World, share: number, salt: number): boolean {
  const window = Math.floor(now / (6 * hour));
  return chanceOf(window, scenario.seed, salt) < share;
}

function launch(world: World, action: Extract<Action, { kind: "launch" }>): Outcome {
  return withHost(world, action.hostId, (host) => {
    const known = [host.mac, ...world.ended].find((mac) => mac?.clientToken === action.clientToken);
    if (known) return { result: "done", instanceId: known.instanceId };
    const isFree = hostStateOf(host, world.now) === "available" && !world.occupant(host) && host.takesFrom <= world.now;
    if (!isFree) return { result: "no-capacity", text: "InsufficientCapacityOnHost" };
    const mac = world.addMac(host, action.clientToken, action.imageId, action.tags);
    return { result: "done", instanceId: mac.instanceId };
  });
}

function release(world: World, hostId: string): Outcome {
  return withHost(world, hostId, (host) => {
    if (world.occupant(host)) return failed("cannot be released as it is occupied");
    if (world.now < host.allocatedAt + day)
      return failed("must be allocated to your AWS account for at least 24 hour(s)");
    host.releasedFrom = world.now;
    world.hosts = world.hosts.filter(({ releasedFrom }) => world.now < releasedFrom + day);
    return { result: "done" };
  });
}

/** The names of hosts with a runner that takes jobs. */
export function readyNames({ hosts, now }: World): Set<string> {
  const names = new Set<string>();
  for (const { mac, tags } of hosts) if (mac && isReady(mac, now)) names.add(tags.Name ?? "");
  return names;
}

function withHost(world: World, hostId: string, then: (host: WorldHost) => Outcome): Outcome {
  const host = world.hosts.find((each) => each.hostId === hostId && world.now < each.releasedFrom);
  return host ? then(host) : failed("InvalidHostID.NotFound");
}

function withMac(world: World, instanceId: string, then: (mac: Mac) => Outcome): Outcome {
  const mac = world.hosts.find((host) => host.mac?.instanceId === instanceId)?.mac;
  return mac ? then(mac) : failed("InvalidInstanceID.NotFound");
}

function failed(text: string): Outcome {
  return { result: "failed", text };
}
