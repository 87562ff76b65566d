import { chanceOf } from "../../../model/ec2-mac/chance.ts";
import type { Action, Instant, Observed, Outcome, SeenHost, SeenInstance } from "../../../model/ec2-mac/types.ts";
import { hasRunner, isReady, type Mac, runJobs, runnerOf, setUpOf, startSetUp, stateOf, tasksOf } from "./mac.ts";
import { day, hour } from "./scenario.ts";
import { hostStateOf, isReplacing, type World, type WorldHost } from "./world.ts";

/** What AWS and the CI system show. */
export type Sighted = Pick<Observed, "hosts" | "instances" | "rootVolumeTasks">;

/** Looks at the world as it was some time ago; hosts and instances may lag differently. */
export function look(world: World, hostsLag: number, instancesLag: number, isCiUp: boolean): Sighted {
  const hostsAt = world.now - hostsLag;
  const macsAt = world.now - instancesLag;
  const macs = world.hosts.flatMap(({ mac }) => (mac && mac.endingFrom === Number.POSITIVE_INFINITY ? [mac] : []));
  const shown = [...macs, ...world.ended].filter(({ launchedAt }) => launchedAt <= macsAt);
  for (const mac of shown) runJobs(mac, world.now, world.scenario.load, world.draw);
  return {
    hosts: world.hosts.filter(({ allocatedAt }) => allocatedAt <= hostsAt).map((host) => seenHost(host, hostsAt)),
    instances: shown.map((mac) => seenInstance(mac, macsAt, isCiUp)),
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

function seenInstance(mac: Mac, at: Instant, isCiUp: boolean): SeenInstance {
  const { instanceId, hostId, imageId, launchedAt, tags } = mac;
  return {
    instanceId,
    hostId,
    state: stateOf(mac, at),
    imageId,
    launchedAt,
    tags,
    checks: at < mac.bootedFrom || isReplacing(mac, at) ? "initializing" : "ok",
    setUp: setUpOf(mac, at),
    runner: isCiUp ? runnerOf(mac, at) : { state: "unknown", why: "503 Service Unavailable" },
  };
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
    if (!hasRunner(mac, world.now)) return failed("no such runner");
    mac.drainedFrom = Math.min(mac.drainedFrom, world.now);
  }
  if (action.kind === "set-up") {
    const { faults } = world;
    const isBroken = isBadTime(world, faults.setUpsBroken, 1);
    const started = startSetUp(mac, world.now, isBroken ? { ...faults, setUpFails: 1 } : faults, world.draw);
    if (started) world.followRunner(mac);
  }
  if (action.kind === "replace-root-volume") {
    if (isReplacing(mac, world.now)) return failed("IncorrectState: a task is in progress");
    mac.tags = { ...mac.tags, ...action.tags };
    world.replaceVolume(mac, action.imageId);
  }
  return { result: "done", instanceId: mac.instanceId };
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
