/** How EC2 is asked, and how its answers are read, by whoever keeps a pool and by whoever sweeps it. */
import type { describeRootVolumeTasks } from "../../drivers/ec2/instances.ts";
import type { Instant, RootVolumeTask } from "../../model/ec2-mac/types.ts";

/** EC2 takes this many ids in one question about instances. */
const idsAtOnce = 100;

/** Asks about any number of ids, some at once. */
export async function inParts<T>(ids: readonly string[], look: (ids: readonly string[]) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < ids.length; from += idsAtOnce) all.push(...(await look(ids.slice(from, from + idsAtOnce))));
  return all;
}

/** A replacement as rules know it. */
export function seenTask(task: Awaited<ReturnType<typeof describeRootVolumeTasks>>[number]): RootVolumeTask {
  const { taskId, instanceId, state, completedAt } = task;
  const startedAt = instantOf(task.startedAt);
  return {
    taskId,
    instanceId,
    state,
    startedAt,
    ...(completedAt && { completedAt: instantOf(completedAt) }),
  };
}

/** EC2 tells times to the second. */
export function instantOf(date: Date): Instant {
  return Math.floor(date.getTime() / 1000);
}
