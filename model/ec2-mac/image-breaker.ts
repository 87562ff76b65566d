import type { PoolPolicy } from "./policy.ts";
import type { Instant, LifeRecord, PoolMemory } from "./types.ts";
import { at } from "./words.ts";

/** Lives that failed one after another, the last ones first. */
export interface Failures {
  count: number;
  hostIds: Set<string>;
  /** When the last of them was known to have failed. */
  lastAt: Instant;
  /** True while a life after them is still open: the trial that decides. */
  onTrial: boolean;
}

/** Why nothing is launched of an image now; undefined when it may be. */
export interface Pause {
  until: Instant;
  reason: string;
}

/**
 * Stops new lives of an image after repeated failures, for longer each time. After each pause one life is tried; it closes
 * the breaker when its runner registers. Failures on one host alone of several say something about the host.
 */
export function imagePause(
  { lives }: PoolMemory,
  imageId: string,
  policy: PoolPolicy,
  now: Instant,
): Pause | undefined {
  const failures = failuresIn(lives, (life) => life.imageId === imageId);
  if (!accuseImage(failures, policy)) return undefined;
  const failed = `${failures.count} lives of ${imageId} failed in a row`;
  if (failures.onTrial) return { until: now + policy.launchLoopSeconds, reason: `${failed}; one more is being tried` };
  const until = failures.lastAt + pauseSeconds(failures.count, policy);
  return now < until ? { until, reason: `${failed}; the next is tried at ${at(until)}` } : undefined;
}

/** True when the next life of the image is the trial that shows whether it works again. */
export function isOnProbation({ lives }: PoolMemory, imageId: string, policy: PoolPolicy): boolean {
  return accuseImage(
    failuresIn(lives, (life) => life.imageId === imageId),
    policy,
  );
}

function accuseImage({ count, hostIds }: Failures, policy: PoolPolicy): boolean {
  return count >= policy.breakerFailures && (hostIds.size > 1 || policy.hosts.length === 1);
}

/** The failed lives after the last that came up, among those that match. */
export function failuresIn(lives: readonly LifeRecord[], matches: (life: LifeRecord) => boolean): Failures {
  const found: Failures = { count: 0, hostIds: new Set(), lastAt: 0, onTrial: false };
  for (let index = lives.length - 1; index >= 0; index--) {
    const life = lives[index] as LifeRecord;
    if (life.result === "refused" || !matches(life)) continue;
    if (life.result === "ready") break;
    if (life.result !== "failed") {
      found.onTrial = true;
      continue;
    }
    const failedAt = life.resultAt ?? life.askedAt;
    found.count++;
    found.hostIds.add(life.hostId);
    found.lastAt = Math.max(found.lastAt, failedAt);
  }
  return found;
}

/** How long nothing is tried after the last of so many failures. */
export function pauseSeconds(failures: number, policy: PoolPolicy): number {
  const doubled = policy.breakerPauseSeconds * 2 ** Math.min(20, failures - policy.breakerFailures);
  return Math.min(doubled, policy.breakerPauseLimitSeconds);
}
