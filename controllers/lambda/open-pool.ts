import { openCi } from "../pool/ci.ts";
import { parameterCredentials } from "../pool/credentials.ts";
import { scheduledEnds } from "../pool/ends.ts";
import { newLivesOf } from "../pool/new-lives.ts";
import type { Pool, PoolClock } from "../pool/pool.ts";
import { unseenRunners } from "../pool/runners.ts";
import type { AwsClients } from "./clients.ts";
import type { LambdaPoolSettings } from "./settings.ts";

/** The pool that the settings are about. Without a token for the CI system its limits of age hold all the same. */
export function openPool(
  settings: LambdaPoolSettings,
  clients: AwsClients,
  clock: PoolClock,
  apiToken: string | undefined,
): Pool {
  const { poolId, pool, policy, template } = settings;
  const { ec2, scheduler } = clients;
  return {
    id: poolId,
    name: pool,
    policy,
    newLives: (signal) => newLivesOf(ec2, template.templateName, signal),
    launch: template,
    ec2,
    clock,
    ...withCi(settings, clients, clock, apiToken),
    ends: scheduledEnds(scheduler, settings.scheduleGroup, async () => settings.schedulerRoleArn),
  };
}

function withCi(
  { poolId, pool, fleetId, policy, instanceRoleId, runner, apiTokenParameter }: LambdaPoolSettings,
  { ssm }: AwsClients,
  { now }: PoolClock,
  apiToken: string | undefined,
): Pick<Pool, "runners" | "credentials" | "jobs"> {
  if (apiToken === undefined) {
    const why = "the CI system cannot be asked: there is no token for its API";
    return { runners: unseenRunners(why, `The parameter ${apiTokenParameter} should hold it.`) };
  }
  const { mark, setUpLimitSeconds } = policy;
  const { runners, issuer, jobs } = openCi(runner, { poolId, setUpLimitSeconds }, apiToken, now);
  const handOver = { ssm, fleetId, pool, mark, instanceRoleId, now };
  return { runners, jobs, credentials: parameterCredentials(handOver, issuer) };
}
