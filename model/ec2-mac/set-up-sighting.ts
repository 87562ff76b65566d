import { setUpAtTag } from "./policy.ts";
import type { Instant, PoolMemory, SeenInstance, SetUpSighting } from "./types.ts";

/** What an instance's set-up is judged by. */
export interface SetUpSigns extends Pick<SeenInstance, "instanceId" | "checks" | "runner" | "tags"> {
  /** When its present life began. */
  bornAt: Instant;
}

/**
 * How far an instance's set-up is. Macs set themselves up from their user data, wait for their credential and tell nobody. A
 * tag says since when there is one; a runner that takes jobs, now or before in this life, is the proof that it is done.
 * Whoever has begun to remember since then does not know whether it was done before: its time counts from when it is seen.
 */
export function setUpSighting(
  { instanceId, checks, runner, tags, bornAt }: SetUpSigns,
  { readyAt, since }: Pick<PoolMemory, "readyAt" | "since">,
): SetUpSighting {
  if (runner.state === "registered" || (readyAt[instanceId] ?? 0) >= bornAt) return { state: "done" };
  if (checks === "unknown") return { state: "unknown", why: "EC2 does not show its checks" };
  if (checks !== "ok") return { state: "none" };
  if (runner.state === "unknown") return runner;
  const startedAt = Number(tags[setUpAtTag] ?? 0);
  if (!(startedAt >= bornAt)) return { state: "none" };
  return since !== undefined && startedAt >= since ? { state: "running", startedAt } : { state: "running" };
}
