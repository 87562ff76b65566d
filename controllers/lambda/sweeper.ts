import process from "node:process";
import { describeInstances, describeRootVolumeTasks, terminateInstances } from "../../drivers/ec2/instances.ts";
import { publish } from "../../drivers/sns/publish.ts";
import { decideSweep, type Sweep, type Swept, type SweptInstance, type SweptTask } from "../../model/ec2-mac/sweep.ts";
import { ec2Clock } from "../pool/clock.ts";
import { type AwsClients, awsClients } from "./clients.ts";
import { type Invocation, type Log, log, timeLimit } from "./invocation.ts";
import { type LambdaPoolSettings, readSettings, settingsVariable } from "./settings.ts";

/**
 * Ends instances that have outlived every other end. Called once a day.
 * @throws DriverError when it could not look, or could not end one
 */
export async function handler(_event: unknown, invocation: Invocation): Promise<void> {
  const settings = readSettings(process.env[settingsVariable]);
  const clients = awsClients(settings.region);
  try {
    const run = { clock: ec2Clock(clients.ec2), signal: timeLimit(invocation), log };
    await sweepOnce(settings, clients, run);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/** By which time to sweep, for how long, and who hears of it. */
export interface SweepRun {
  clock: { now(): number };
  signal: AbortSignal;
  log: Log;
}

/** One sweep, and its report to the log and, if there was anything to tell, to the topic. @throws DriverError */
export async function sweepOnce(
  settings: LambdaPoolSettings,
  clients: AwsClients,
  { clock, signal, log }: SweepRun,
): Promise<Sweep> {
  const { policy } = settings;
  const { instances, tasks } = await observe(clients, policy.mark, signal);
  const sweep = decideSweep(instances, tasks, policy, clock.now());
  log("sweep", sweep);
  const ids = sweep.end.map(({ instanceId }) => instanceId);
  // The driver proves the mark once more before it ends any.
  await terminateInstances(clients.ec2, ids, policy.mark, signal);
  await report(settings, clients, sweep, signal);
  return sweep;
}

async function observe({ ec2 }: AwsClients, mark: SweptInstance["tags"], signal: AbortSignal) {
  const seen = await describeInstances(ec2, { tags: mark }, signal);
  const instances = seen.map(({ launchedAt, ...rest }): SweptInstance => {
    return { ...rest, launchedAt: launchedAt.getTime() / 1000 };
  });
  const ids = instances.filter(({ state }) => state !== "terminated").map(({ instanceId }) => instanceId);
  const tasks = ids.length === 0 ? [] : await describeRootVolumeTasks(ec2, ids, signal);
  const settled = tasks.map(({ instanceId, state, completedAt }): SweptTask => {
    return { instanceId, state, ...(completedAt && { completedAt: new Date(completedAt).getTime() / 1000 }) };
  });
  return { instances, tasks: settled };
}

async function report(
  { topicArn, pool, fleet }: LambdaPoolSettings,
  { sns }: AwsClients,
  { end, persistent }: Sweep,
  signal: AbortSignal,
): Promise<void> {
  if (!topicArn || end.length + persistent.length === 0) return;
  const subject = `${fleet}: Macs swept ${end.length}, kept as persistent ${persistent.length}`.slice(0, 100);
  const text = [
    `Pool ${pool}: instances that have lived too long.`,
    ...end.map((one) => `${line(one)}: ended. Every other end has failed; the timeline may tell why.`),
    ...persistent.map((one) => `${line(one)}: left alone, because it is tagged persistent=true.`),
  ].join("\n");
  await publish(sns, { topicArn, subject, text }, signal);
}

function line({ instanceId, name, lifeSeconds }: Swept): string {
  return `${name} ${instanceId}, ${Math.floor(lifeSeconds / 3600)} hours old`;
}
