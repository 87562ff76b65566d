import type { Instant, JobCount, PoolMemory, SeenInstance } from "./types.ts";

/** Job counts by instance. */
type JobCounts = PoolMemory["jobs"];

/**
 * Counts a job whenever a runner's mark has changed since the last look. Of several that finished between two looks one
 * is counted, so a count is never too high. A new life begins at nought, or at what its CI system tells.
 */
export function jobsAfter(
  counts: JobCounts,
  instances: ReadonlyMap<string, SeenInstance>,
  bornAt: (instance: SeenInstance) => Instant,
): JobCounts {
  const next: Record<string, JobCount> = {};
  let changed = false;
  for (const instance of instances.values()) {
    const { instanceId, state } = instance;
    if (state === "terminated") continue;
    const known = counts[instanceId];
    const count = countAfter(known, instance, bornAt);
    if (count) next[instanceId] = count;
    if (count !== known) changed = true;
  }
  return changed || Object.keys(counts).length !== Object.keys(next).length ? next : counts;
}

function countAfter(
  known: JobCount | undefined,
  instance: SeenInstance,
  bornAt: (instance: SeenInstance) => Instant,
): JobCount | undefined {
  const { runner } = instance;
  if (runner.state !== "registered" || runner.jobMark === undefined) return known;
  const { jobMark: mark, jobsFinished = 0 } = runner;
  const born = bornAt(instance);
  if (known?.bornAt !== born) return { bornAt: born, finished: jobsFinished, mark };
  // An agent that has been started again has no mark until its next job.
  if (mark === "" || mark === known.mark) return known;
  return { ...known, finished: known.finished + 1, mark };
}

/** The instances with what has been counted, where the CI system tells less. */
export function withJobCounts(instances: readonly SeenInstance[], counts: JobCounts): SeenInstance[] {
  return instances.map((instance) => {
    const { runner, instanceId } = instance;
    const count = counts[instanceId];
    if (runner.state !== "registered" || !count) return instance;
    const jobsFinished = Math.max(runner.jobsFinished ?? 0, count.finished);
    return { ...instance, runner: { ...runner, jobsFinished } };
  });
}
