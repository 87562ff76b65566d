import { tagResources } from "../../drivers/ec2/tags.ts";
import { DriverError } from "../../drivers/errors.ts";
import { endsAtTag } from "../../model/ec2-mac/policy.ts";
import { type Chore, chores, type Standing } from "../../model/ec2-mac/upkeep.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import type { Looked } from "./look.ts";
import type { Pool } from "./pool.ts";

/**
 * Puts credentials and scheduled ends in order. What fails is left to the next look and does not keep the rest from being
 * done. @returns what failed, the first line of each
 */
export async function keepUp(pool: Pool, looked: Omit<Looked, "choresFailed">, signal: AbortSignal): Promise<string[]> {
  const { observed, policy, now, after } = looked;
  // A runner that has just been told to take no more gets no spare credential either.
  const view = viewOf({ ...observed, memory: after }, policy, now);
  const failures: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      failures.push(error.message.split("\n").slice(0, 2).join(": "));
      return undefined;
    }
  };
  const ids = view.instances.map(({ instanceId }) => instanceId);
  const scheduled = await attempt(async () => pool.ends?.scheduled(signal));
  const credentials = await attempt(async () => pool.credentials?.standing(ids, signal));
  const standing: Standing = { ...(scheduled && { scheduled }), ...(credentials && { credentials }) };
  for (const chore of chores(view, standing)) {
    if (signal.aborted) break;
    await attempt(() => perform(pool, chore, signal));
  }
  return failures;
}

/** A schedule for a moment that is over might never run, so one that comes late is for soon. */
const soonSeconds = 300;

async function perform({ ec2, credentials, ends, clock }: Pool, chore: Chore, signal: AbortSignal): Promise<void> {
  const { instanceId } = chore;
  switch (chore.kind) {
    case "mint":
      return credentials?.mint({ instanceId, hostName: chore.hostName }, signal);
    case "revoke":
      return credentials?.revoke(instanceId, signal);
    case "schedule-end":
      await ends?.schedule(instanceId, Math.max(chore.at, clock.now() + soonSeconds), signal);
      // The tag tells the next look which moment the schedule has, so that it need not be asked for each instance.
      return tagResources(ec2, [instanceId], { [endsAtTag]: String(chore.at) }, signal);
    case "unschedule":
      return ends?.unschedule(instanceId, signal);
  }
}
