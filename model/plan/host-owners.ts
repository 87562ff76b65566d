/**
 * Whose a host is. The program declares the hosts that a pool always has; one that a controller made, for demand or in
 * place of one that failed, is that controller's until it is given back, whatever its name.
 */
import { carries, madeByController } from "../ec2-mac/lease-mark.ts";
import type { Tags } from "../ec2-mac/types.ts";

/** A host of the pool, as far as ownership goes by it. */
export interface OwnedHost {
  /** The tag `Name`. */
  name: string;
  /** As EC2 names it. */
  state: string;
  tags: Tags;
}

/** True when a controller made the host. */
export function isControllers({ tags }: Pick<OwnedHost, "tags">): boolean {
  return carries(tags, madeByController);
}

/**
 * The hosts that the program declares: what the pool always has, without names that a host of the controller bears.
 * Declared again, each of those would be a twin that is paid for a day. Where the program's own host works under the name
 * too, it stays declared: the controller ends one of the two and keeps the other.
 *
 * @param hosts all that carry the pool's mark, released ones too; none where nobody could look
 */
export function declaredHosts<T extends { name: string; standing: boolean }>(
  planned: readonly T[],
  hosts: readonly OwnedHost[],
): T[] {
  const held = hosts.filter(isHeld);
  const controllers = new Set(held.filter(isControllers).map(({ name }) => name));
  const programs = new Set(held.filter((host) => !isControllers(host) && isWorking(host)).map(({ name }) => name));
  return planned.filter(({ name, standing }) => standing && (programs.has(name) || !controllers.has(name)));
}

/** What becomes of a host that leaves what the program declares. */
export type Leaving = "give-back" | "hand-over";

/**
 * A host that works and whose name the pool still may have is the controller's from now on: it decides by demand when to
 * give it back. Any other is given back, and so is one whose name another host has: one that the controller made, or one
 * of another kind that the program has declared in its place.
 *
 * @param hosts all of the pool's
 * @param names all that the pool may have
 */
export function leavingHost(host: OwnedHost, hosts: readonly OwnedHost[], names: ReadonlySet<string>): Leaving {
  const isTwin = hosts.some(
    (other) =>
      other !== host && other.name === host.name && isHeld(other) && (isControllers(other) || isWorking(other)),
  );
  return names.has(host.name) && isHeld(host) && isWorking(host) && !isTwin ? "hand-over" : "give-back";
}

/** The hosts of the controller that it should not have: their names are none of the pool's. */
export function unwanted<T extends OwnedHost>(hosts: readonly T[], names: ReadonlySet<string>): T[] {
  return hosts.filter((host) => isHeld(host) && isControllers(host) && !names.has(host.name));
}

/** Paid for. */
export function isHeld({ state }: Pick<OwnedHost, "state">): boolean {
  return !state.startsWith("released");
}

function isWorking({ state }: OwnedHost): boolean {
  return state !== "permanent-failure";
}
