import { describeInstances, describeRootVolumeTasks, terminateInstances } from "../../../drivers/ec2/instances.ts";
import { decideSweep, type Sweep, type Swept } from "../../../model/ec2-mac/sweep.ts";
import { span } from "../../../model/ec2-mac/words.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";

/** `fleet pool sweep`: ends what the daily sweeper would end, or with `--dry-run` says what that is. */
export async function sweepPools(signal: AbortSignal, options: PoolOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const done = [];
    for (const pool of pools) {
      const sweep = await lookForOld(pool, signal);
      const ids = sweep.end.map(({ instanceId }) => instanceId);
      if (!options.dryRun) await terminateInstances(pool.ec2, ids, pool.policy.mark, signal);
      if (!options.json) for (const line of linesOf(pool.name, sweep, options.dryRun)) console.log(line);
      done.push({ pool: pool.name, ...sweep });
    }
    if (options.json) console.log(JSON.stringify(done, undefined, 2));
    return 0;
  });
}

async function lookForOld({ ec2, policy, clock }: OpenPool, signal: AbortSignal): Promise<Sweep> {
  const seen = await describeInstances(ec2, { tags: policy.mark }, signal);
  const alive = seen.filter(({ state }) => state !== "terminated");
  const ids = alive.map(({ instanceId }) => instanceId);
  const tasks = ids.length > 0 ? await describeRootVolumeTasks(ec2, ids, signal) : [];
  return decideSweep(
    alive.map(({ launchedAt, ...instance }) => ({ ...instance, launchedAt: launchedAt.getTime() / 1000 })),
    tasks.map(({ instanceId, state, completedAt }) => ({
      instanceId,
      state,
      ...(completedAt && { completedAt: Date.parse(completedAt) / 1000 }),
    })),
    policy,
    clock.now(),
  );
}

function linesOf(pool: string, { end, persistent }: Sweep, dryRun: boolean | undefined): string[] {
  const line = ({ name, instanceId, lifeSeconds }: Swept, what: string) =>
    `${pool}/${name}  ${instanceId} has lived ${span(lifeSeconds)}: ${what}`;
  if (end.length + persistent.length === 0) return [`${pool}: nothing has lived too long`];
  return [
    ...end.map((one) => line(one, dryRun ? "would be ended" : "ended")),
    ...persistent.map((one) => line(one, "left alone, because it is tagged persistent=true")),
  ];
}
