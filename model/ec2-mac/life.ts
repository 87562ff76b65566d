import { oncePer } from "./once.ts";
import { type PoolPolicy, softLifeTag } from "./policy.ts";
import type { Instant, RootVolumeTask, SeenInstance } from "./types.ts";

/** One life of an instance: from its launch or from the end of its last root volume replacement. */
export interface Life {
  startedAt: Instant;
  bornBy: "launch" | "replacement";
  /** From here its own supervisor ends it as soon as no job runs, and {@link PoolPolicy.graceSeconds} later in any case. */
  softEndsAt: Instant;
  hardEndsAt: Instant;
  /**
   * By then its host must be scrubbed. AWS gives a host out only after a scrub and nothing runs on it before the launch,
   * so the launch is what the days are counted from: no memory can be wrong about it.
   */
  scrubDueAt: Instant;
}

/** What AWS's record says of an instance's root volume replacements. */
export interface Renewals {
  /** When the last one that succeeded was complete. */
  renewedAt: Instant;
  newest: RootVolumeTask;
}

/** What a life depends on. */
export type LifePolicy = Pick<
  PoolPolicy,
  "softLifeSeconds" | "softLifeSpreadSeconds" | "hardLifeSeconds" | "fullScrubEverySeconds"
>;

/** The present life of an instance. Its start comes from AWS's record alone, never from the Mac. */
export function lifeOf(
  instance: Pick<SeenInstance, "launchedAt" | "tags">,
  renewals: Renewals | undefined,
  policy: LifePolicy,
): Life {
  const startedAt = Math.max(instance.launchedAt, renewals?.renewedAt ?? 0);
  return {
    startedAt,
    bornBy: startedAt > instance.launchedAt ? "replacement" : "launch",
    softEndsAt: startedAt + softLifeOf(instance, policy),
    hardEndsAt: startedAt + policy.hardLifeSeconds,
    scrubDueAt: instance.launchedAt + policy.fullScrubEverySeconds,
  };
}

/** The soft life that was drawn for the instance, unless its tag has been lost or tampered with. */
function softLifeOf({ tags }: Pick<SeenInstance, "tags">, policy: LifePolicy): number {
  const drawn = Number(tags[softLifeTag]);
  const longest = policy.softLifeSeconds + policy.softLifeSpreadSeconds;
  return drawn > 0 && drawn <= longest ? drawn : policy.softLifeSeconds;
}

/** The record of replacements, by instance. Asked for by what is learned from a look and by what is decided on it. */
export const renewalsOf = oncePer((tasks: readonly RootVolumeTask[]): ReadonlyMap<string, Renewals> => {
  const found = new Map<string, Renewals>();
  for (const task of tasks) {
    const known = found.get(task.instanceId);
    const renewedAt = task.state === "succeeded" ? (task.completedAt ?? task.startedAt) : 0;
    found.set(task.instanceId, {
      renewedAt: Math.max(renewedAt, known?.renewedAt ?? 0),
      newest: known && known.newest.startedAt > task.startedAt ? known.newest : task,
    });
  }
  return found;
});
