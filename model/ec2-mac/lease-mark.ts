import { fleetMarkTag, poolTag } from "../names.ts";
import type { Instant, Tags } from "./types.ts";

/** The tag of a host, and of the instance on it, that is to be given back; its value is when that began, in seconds. */
export const leavingTag = "mac-runner-fleet:leaving-since";

/** The tag of a host that says who made it. Those of the program do not have it; nor does whatever was there before it. */
export const madeByTag = "mac-runner-fleet:made-by";

/** On each host that a controller makes. It is the controller's until it is given back: no program declares it. */
export const madeByController = { [madeByTag]: "controller" } as const;

/** What a host or an instance must carry to be this pool's. */
export function poolMark(fleetId: string, pool: string): Tags {
  return { [fleetMarkTag]: fleetId, [poolTag]: pool };
}

/** True when the thing carries every tag of the mark. */
export function carries(tags: Tags, mark: Tags): boolean {
  return Object.entries(mark).every(([key, value]) => tags[key] === value);
}

/** True when the host, or the instance on it, is to be given back. */
export function isLeaving({ tags }: { tags: Tags }): boolean {
  return tags[leavingTag] !== undefined;
}

/** Since when a host is to be given back; undefined when it is not, or when the tag holds no time. */
export function leavingSince(tags: Tags): Instant | undefined {
  const since = tags[leavingTag];
  return since !== undefined && /^\d+$/.test(since) ? Number(since) : undefined;
}
