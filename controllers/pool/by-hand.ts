import { describeHosts, type ObservedHost } from "../../drivers/ec2/hosts.ts";
import { proveOurs, tagResources } from "../../drivers/ec2/tags.ts";
import { drain as drainOf, isOccupied } from "../../model/ec2-mac/actions.ts";
import type { DrainAction } from "../../model/ec2-mac/types.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import { wayOf } from "../../model/ec2-mac/way.ts";
import { poolReadyTag } from "../../model/plan/ec2-mac.ts";
import { type Considered, carryOut, consider, type Held, underLease } from "./look.ts";
import type { Pool } from "./pool.ts";
import type { PoolStore } from "./store.ts";

/** Which tag a person sets on what. */
export interface HostSwitch {
  host: ObservedHost;
  /** The host, and what is on it. */
  ids: string[];
  tags: Record<string, string>;
  kind: "disable" | "enable";
}

/**
 * Finds the host, by its name or id, and what to set: `PWPoolReady` takes it out of every loop, or back in with its instance.
 * @throws Error when the pool has no such host, DriverError `not-ours` when somebody else has
 */
export async function planSwitch(
  pool: Pool,
  named: string,
  kind: HostSwitch["kind"],
  signal: AbortSignal,
): Promise<HostSwitch> {
  const host = await findHost(pool, named, signal);
  // A person may have taken out the instance alone; who wants the host back in wants both.
  const ids = kind === "enable" ? [host.hostId, ...host.instanceIds] : [host.hostId];
  return { host, ids, tags: { [poolReadyTag]: String(kind === "enable") }, kind };
}

/** Sets the tag and notes who did it. A running controller sees it at its next look. */
export async function performSwitch(
  pool: Pool,
  store: PoolStore,
  { host, ids, tags, kind }: HostSwitch,
  by: string,
  signal: AbortSignal,
): Promise<void> {
  await tagResources(pool.ec2, ids, tags, signal);
  const at = pool.clock.now();
  const { name: hostName, hostId } = host;
  const id = `${at}/${kind}/${hostId}`;
  await store.note(pool.id, [{ id, at, hostName, kind, reason: `by hand (${by})`, result: "done", hostId }]);
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
  const names = [...new Set(hosts.map((host) => host.name))].sort();
  throw new Error(`${named}: pool ${name} has no such host.\n  It has ${names.join(", ") || "none"}.`);
}

function idsOf(hosts: readonly ObservedHost[]): string {
  return hosts.map(({ hostId }) => hostId).join(" or ");
}

/** Finds the runner to drain. @throws Error when there is no such host or no runner of it takes jobs */
export function planDrain(considered: Considered, named: string, by: string): DrainAction {
  const view = viewOf(considered.observed, considered.policy, considered.now);
  const place = view.places.find(({ host }) => host.name === named || host.hostId === named);
  if (!place) throw new Error(`${named}: the pool has no such host.`);
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
