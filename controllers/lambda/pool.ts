import process from "node:process";
import { putMetrics } from "../../drivers/cloudwatch/metrics.ts";
import { DriverError } from "../../drivers/errors.ts";
import { readSecret } from "../../drivers/ssm/parameters.ts";
import { poolMetrics } from "../../model/ec2-mac/pool-metrics.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import { ec2Clock } from "../pool/clock.ts";
import { openDynamoStore } from "../pool/dynamo-store.ts";
import { type Held, isHeld, type Looked, look } from "../pool/look.ts";
import { noteFailedLook } from "../pool/loop.ts";
import type { PoolClock } from "../pool/pool.ts";
import { type AwsClients, awsClients } from "./clients.ts";
import { type Invocation, type Log, log, timeLimit } from "./invocation.ts";
import { openPool } from "./open-pool.ts";
import { type LambdaPoolSettings, readSettings, settingsVariable } from "./settings.ts";

/** Who looks, by which time, for how long, and who hears of it. */
export interface Run {
  holder: string;
  clock: PoolClock;
  signal: AbortSignal;
  log: Log;
}

/**
 * The pool's controller as a function: looks once, within the time that Lambda gives it. A schedule calls it.
 * @throws DriverError when it could not look, so that the function counts as failed
 */
export async function handler(_event: unknown, invocation: Invocation): Promise<void> {
  const settings = readSettings(process.env[settingsVariable]);
  const clients = awsClients(settings.region);
  try {
    const run = {
      holder: `function call ${invocation.awsRequestId}`,
      // Its lease begins before EC2 is asked, and after the token has been read.
      clock: ec2Clock(clients.ec2, clients.ssm),
      signal: timeLimit(invocation),
      log,
    };
    const answer = await lookOnce(settings, clients, run);
    if (isHeld(answer)) log("not looked", answer);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/** One look, and what it tells CloudWatch. @throws DriverError when it could not look, LeaseLost */
export async function lookOnce(
  settings: LambdaPoolSettings,
  clients: AwsClients,
  { holder, clock, signal, log }: Run,
): Promise<Looked | Held> {
  const pool = openPool(settings, clients, clock, await apiToken(settings, clients, signal, log));
  const store = openDynamoStore(clients.dynamo, settings.table, clock.now);
  const options = { holder, tell: (entry: object) => log("entry", entry) };
  const answer = await look(pool, store, options, signal).catch(async (error: unknown) => {
    // Should this fail too, what went wrong before matters more.
    await noteFailedLook(pool, store, options, error).catch(() => undefined);
    throw error;
  });
  if (!isHeld(answer)) await measure(settings, clients, answer, signal);
  return answer;
}

/** A parameter that cannot be read is told, and the pool looked after without its CI system. */
async function apiToken({ apiTokenParameter }: LambdaPoolSettings, { ssm }: AwsClients, signal: AbortSignal, log: Log) {
  try {
    return await readSecret(ssm, apiTokenParameter, signal);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    log("no token for the CI system", { why: error.message });
    return undefined;
  }
}

async function measure(settings: LambdaPoolSettings, { cloudwatch }: AwsClients, looked: Looked, signal: AbortSignal) {
  const { observed, policy, now, before, after, choresFailed } = looked;
  const metrics = poolMetrics(viewOf(observed, policy, now), before, after, observed.waitingJobs);
  const dimensions = { Fleet: settings.fleet, Pool: settings.pool };
  await putMetrics(
    cloudwatch,
    { namespace: settings.metricNamespace, dimensions, values: { ...metrics, ChoresFailed: choresFailed } },
    signal,
  );
}
