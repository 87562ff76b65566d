import { endOld, lookForOld, type SweepFailure } from "../../../controllers/pool/sweep.ts";
import type { Sweep, Swept } from "../../../model/ec2-mac/sweep.ts";
import { span } from "../../../model/ec2-mac/words.ts";
import { type PoolOptions, withPools } from "./access.ts";

/** `fleet pool sweep`: ends what the daily sweeper would end, or with `--dry-run` says what that is. @returns 1 when one could not be ended */
export async function sweepPools(signal: AbortSignal, options: PoolOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const done = [];
    let failed = 0;
    for (const pool of pools) {
      const sweep = await lookForOld(pool, signal);
      const failures = options.dryRun ? [] : await endOld(pool, sweep, signal);
      failed += failures.length;
      if (!options.json) for (const line of linesOf(pool.name, sweep, failures, options.dryRun)) console.log(line);
      const notEnded = failures.map(({ instanceId, why }) => ({ instanceId, why: why.message }));
      done.push({ pool: pool.name, ...sweep, notEnded });
    }
    if (options.json) console.log(JSON.stringify(done, undefined, 2));
    return failed > 0 ? 1 : 0;
  });
}

function linesOf(
  pool: string,
  { end, persistent }: Sweep,
  failures: readonly SweepFailure[],
  dryRun: boolean | undefined,
): string[] {
  const line = ({ name, instanceId, lifeSeconds }: Swept, what: string) =>
    `${pool}/${name}  ${instanceId} has lived ${span(lifeSeconds)}: ${what}`;
  if (end.length + persistent.length === 0) return [`${pool}: nothing has lived too long`];
  const why = new Map(failures.map((failure) => [failure.instanceId, failure.why.message]));
  const fateOf = ({ instanceId }: Swept) => (why.has(instanceId) ? `not ended: ${why.get(instanceId)}` : "ended");
  return [
    ...end.map((one) => line(one, dryRun ? "would be ended" : fateOf(one))),
    ...persistent.map((one) => line(one, "left alone, because it is tagged persistent=true")),
  ];
}
