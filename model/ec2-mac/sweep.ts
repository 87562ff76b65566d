/**
 * The sweeper's own rule. It stands beside the pool's decisions and uses none of their code, so that a mistake in one is
 * not a mistake in the other.
 */

/** An instance as the sweeper sees it. Times are seconds since 1970. */
export interface SweptInstance {
  instanceId: string;
  state: string;
  launchedAt: number;
  tags: Readonly<Record<string, string>>;
}

/** A replacement of a root volume, from AWS's own record. */
export interface SweptTask {
  instanceId: string;
  state: string;
  startedAt: number;
  /** AWS need not tell it. */
  completedAt?: number;
}

/** What the sweeper goes by. */
export interface SweepPolicy {
  /** Tags that prove ownership. */
  mark: Readonly<Record<string, string>>;
  sweepSeconds: number;
}

/** An instance that has lived too long. */
export interface Swept {
  instanceId: string;
  /** The tag `Name`; empty when there is none. */
  name: string;
  lifeSeconds: number;
}

/** Whom to end, and who would be ended if a person had not tagged it `persistent=true`. */
export interface Sweep {
  end: Swept[];
  persistent: Swept[];
}

/** Tag of an instance that a person wants to keep. */
const persistentTag = "persistent";

/** Finds our instances that are alive and past the limit, the oldest first. Anybody else's are left alone. */
export function decideSweep(
  instances: readonly SweptInstance[],
  tasks: readonly SweptTask[],
  policy: SweepPolicy,
  now: number,
): Sweep {
  const sweep: Sweep = { end: [], persistent: [] };
  for (const instance of instances) {
    const { instanceId, state, tags } = instance;
    if (state === "terminated" || state === "shutting-down") continue;
    if (Object.entries(policy.mark).some(([key, value]) => tags[key] !== value)) continue;
    const lifeSeconds = now - lastBeginning(instance, tasks);
    if (lifeSeconds < policy.sweepSeconds) continue;
    const list = tags[persistentTag] === "true" ? sweep.persistent : sweep.end;
    list.push({ instanceId, name: tags.Name ?? "", lifeSeconds });
  }
  for (const list of [sweep.end, sweep.persistent]) list.sort((a, b) => b.lifeSeconds - a.lifeSeconds);
  return sweep;
}

/** The launch, or the end of the last replacement that succeeded. */
function lastBeginning({ instanceId, launchedAt }: SweptInstance, tasks: readonly SweptTask[]): number {
  let last = launchedAt;
  for (const task of tasks)
    if (task.instanceId === instanceId && task.state === "succeeded")
      last = Math.max(last, task.completedAt ?? task.startedAt);
  return last;
}
