import { describeHosts, type ObservedHost } from "../../drivers/ec2/hosts.ts";
import { describeInstances } from "../../drivers/ec2/instances.ts";
import { proveOurs, tagResources } from "../../drivers/ec2/tags.ts";
import { drain as drainOf, isOccupied } from "../../model/ec2-mac/actions.ts";
import { hostNames, placesNamed } from "../../model/ec2-mac/named-host.ts";
import { endsAtTag } from "../../model/ec2-mac/policy.ts";
import { holdTag } from "../../model/ec2-mac/ready-tag.ts";
import type { DrainAction, Instant, Tags } from "../../model/ec2-mac/types.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import { wayOf } from "../../model/ec2-mac/way.ts";
import { span, at as words } from "../../model/ec2-mac/words.ts";
import { poolReadyTag } from "../../model/plan/ec2-mac.ts";
import { type Considered, carryOut, consider, type Held, underLease } from "./look.ts";
import type { Pool } from "./pool.ts";
import type { PoolStore } from "./store.ts";

/** Which tag a person sets on what. */
export interface HostSwitch {
  host: ObservedHost;
  /** The host, and the pool's instance on it. */
  ids: string[];
  tags: Record<string, string>;
  /** For each instance that goes out of service: what ends it all the same. */
  stillEnds: string[];
  /** When a controller takes it back in; missing where nobody does before `enable`. */
  until?: Instant;
  kind: "disable" | "enable";
}

const alive = ["pending", "running", "stopping", "stopped"];

/**
 * Finds the host, by its name or id, and what to set: `PWPoolReady` takes it out of every loop, for so many seconds or
 * until it is enabled, or back in. The controller goes by the host's tag, the Mac itself by its instance's. What on the
 * host is not the pool's is left alone.
 * @throws Error when the pool has no such host, DriverError `not-ours` when somebody else has
 */
export async function planSwitch(
  pool: Pool,
  named: string,
  { kind, forSeconds }: { kind: HostSwitch["kind"]; forSeconds?: number | undefined },
  signal: AbortSignal,
): Promise<HostSwitch> {
  const { ec2, policy, clock } = pool;
  const host = await findHost(pool, named, signal);
  const query = { hostIds: [host.hostId], tags: policy.mark, states: alive };
  const instances = await describeInstances(ec2, query, signal);
  const ids = [host.hostId, ...instances.map(({ instanceId }) => instanceId)];
  const stillEnds = kind === "disable" ? instances.map((instance) => endsOf(instance, policy.sweepSeconds)) : [];
  if (forSeconds === undefined)
    return { host, ids, tags: { [poolReadyTag]: String(kind === "enable") }, stillEnds, kind };
  const until = clock.now() + forSeconds;
  return { host, ids, tags: holdTag(until), stillEnds, until, kind };
}

/** Nobody is to forget a Mac that is out of service for ever. */
function endsOf({ instanceId, tags }: { instanceId: string; tags: Tags }, sweepSeconds: number): string {
  const scheduled = tags[endsAtTag] ? `, its end scheduled at AWS (${words(Number(tags[endsAtTag]))})` : "";
  const sweeper = `the sweeper, ${span(sweepSeconds)} after its life began unless it has the tag persistent=true`;
  return `${instanceId} keeps its disk until one of its other ends: its boot deadline (bootDeadlineHours)${scheduled}, or ${sweeper}`;
}

/** Sets the tag and notes who did it. A running controller sees it at its next look. */
export async function performSwitch(
  pool: Pool,
  store: PoolStore,
  { host, ids, tags, until, kind }: HostSwitch,
  by: string,
  signal: AbortSignal,
): Promise<void> {
  await tagResources(pool.ec2, ids, tags, signal);
  const at = pool.clock.now();
  const { name: hostName, hostId } = host;
  const id = `${at}/${kind}/${hostId}`;
  const reason = `by hand (${by})${until === undefined ? "" : `, until ${words(until)}`}`;
  await store.note(pool.id, [{ id, at, hostName, kind, reason, result: "done", hostId }]);
}

async function findHost({ ec2, name, policy }: Pool, named: string, signal: AbortSignal): Promise<ObservedHost> {
  const isIt = (host: ObservedHost) =>
    !host.state.startsWith("released") && (host.name === named || host.hostId === named);
  const hosts = await describeHosts(ec2, { tags: policy.mark }, signal);
  const found = hosts.filter(isIt);
  if (found.length > 1)
    throw new Error(`${named}: ${found.length} hosts have that name.\n  Give the id: ${idsOf(found)}.`);
  if (found[0]) return found[0];
  const strangers = (await describeHosts(ec2, {}, signal)).filter(isIt);
  proveOurs(
    strangers.map(({ hostId, tags }) => ({ id: hostId, tags })),
    policy.mark,
  );
  throw new Error(`${named}: pool ${name} has no such host.\n  ${hostNames(hosts.map((host) => host.name))}`);
}

function idsOf(hosts: readonly ObservedHost[]): string {
  return hosts.map(({ hostId }) => hostId).join(" or ");
}

/** Finds the runner to drain. @throws Error when there is no such host or no runner of it takes jobs */
export function planDrain(considered: Considered, named: string, by: string): DrainAction {
  const view = viewOf(considered.observed, considered.policy, considered.now);
  const [place] = placesNamed(view, named);
  if (place.stage !== "ready" || !isOccupied(place))
    throw new Error(`${named}: no runner of it takes jobs, so there is none to drain. It is ${place.stage}.`);
  const way = place.role === "declared" ? wayOf(place, view) : "terminate";
  return drainOf(place, way, true, `by hand (${by})`);
}

/**
 * Tells a host's runner to finish its job; the controller then renews the Mac.
 * @throws Error as {@link planDrain}, and when the CI system refuses
 */
export async function drainByHand(
  pool: Pool,
  store: PoolStore,
  named: string,
  by: string,
  signal: AbortSignal,
): Promise<DrainAction | Held> {
  return underLease(pool, store, by, async (lease) => {
    const considered = await consider(pool, store, false, signal);
    const action = planDrain(considered, named, by);
    const around = { pool, store, lease, considered, tell: undefined };
    const { outcome } = await carryOut(around, considered.observed.memory, action, signal);
    if (outcome.result !== "done")
      throw new Error(`${named} is marked to be drained, and tried again.\n  ${outcome.text}`);
    return action;
  });
}
