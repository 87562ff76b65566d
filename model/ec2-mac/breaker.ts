import { poolReadyTag } from "../plan/ec2-mac.ts";
import { failuresIn, pauseSeconds } from "./image-breaker.ts";
import { livesOn } from "./lives.ts";
import { quarantinedUntil, quarantineTag } from "./ready-tag.ts";
import type { Action } from "./types.ts";
import type { Place, View } from "./view.ts";
import { at } from "./words.ts";

/** Takes a free host out of the launch loop when one life after another fails on it, and back in after a pause. */
export function quarantine({ host, role, stage }: Place, { policy, memory, now, pause }: View): Action | undefined {
  if (role !== "declared") return undefined;
  const about = { hostName: host.name, hostId: host.hostId };
  const ends = quarantinedUntil(host.tags);
  if (ends !== undefined && now >= ends)
    return { kind: "restore", ...about, tags: { [poolReadyTag]: "true" }, reason: "its quarantine is over" };
  if (stage !== "free" || pause) return undefined;
  if (ends !== undefined) return { kind: "wait", ...about, until: ends, reason: `in quarantine until ${at(ends)}` };
  const from = memory.quarantines[host.hostId]?.liftedAt ?? 0;
  const lives = livesOn(host.hostId, memory.lives);
  const failures = failuresIn(lives, (life) => (life.resultAt ?? life.askedAt) >= from);
  const until = failures.lastAt + pauseSeconds(failures.count, policy);
  if (failures.count < policy.breakerFailures || policy.hosts.length === 1 || now >= until) return undefined;
  return {
    kind: "quarantine",
    ...about,
    tags: quarantineTag(until),
    reason: `${failures.count} lives in a row failed on it`,
  };
}
