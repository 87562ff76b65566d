import process from "node:process";
import { DriverError } from "../../drivers/errors.ts";
import { publish } from "../../drivers/sns/publish.ts";
import type { Sweep, Swept } from "../../model/ec2-mac/sweep.ts";
import { ec2Clock } from "../pool/clock.ts";
import { endOld, lookForOld, type SweepFailure } from "../pool/sweep.ts";
import { type AwsClients, awsClients } from "./clients.ts";
import { type Invocation, type Log, log, timeLimit } from "./invocation.ts";
import { readSweeperSettings, type SweeperSettings, settingsVariable } from "./settings.ts";

/**
 * Ends instances that have outlived every other end. Called once a day.
 * @throws DriverError when it could not look, or could not end one
 */
export async function handler(_event: unknown, invocation: Invocation): Promise<void> {
  const settings = readSweeperSettings(process.env[settingsVariable]);
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

/** The time that a sweep leaves for its report, which goes out even when the time for ending instances is over. */
const reportMilliseconds = 10_000;

/**
 * One sweep, and its report to the log and, if there was anything to tell, to the topic.
 * @throws DriverError after the report when one could not be ended
 */
export async function sweepOnce(
  settings: SweeperSettings,
  { ec2, sns }: AwsClients,
  { clock, signal, log }: SweepRun,
): Promise<Sweep> {
  const sweeping = { ec2, clock, policy: settings.policy };
  const sweep = await lookForOld(sweeping, signal);
  log("sweep", sweep);
  const failures = await endOld(sweeping, sweep, signal);
  for (const { instanceId, why } of failures) log("not ended", { instanceId, why: why.message });
  const { topicArn } = settings;
  const text = reportOf(settings, sweep, failures);
  if (topicArn && text) await publish(sns, { topicArn, ...text }, AbortSignal.timeout(reportMilliseconds));
  const [first] = failures;
  if (!first) return sweep;
  const { kind, message } = first.why;
  throw new DriverError(`${failures.length} of ${sweep.end.length} instances could not be ended`, {
    kind,
    vendorText: message,
    cause: first.why,
  });
}

function reportOf({ pool, fleet }: SweeperSettings, { end, persistent }: Sweep, failures: readonly SweepFailure[]) {
  if (end.length + persistent.length === 0) return undefined;
  const why = new Map(failures.map((failure) => [failure.instanceId, failure.why.message.replaceAll(/\s+/g, " ")]));
  const ended = end.filter(({ instanceId }) => !why.has(instanceId));
  const failed = failures.length > 0 ? `, failed ${failures.length}` : "";
  return {
    subject: `${fleet}: Macs swept ${ended.length}, kept as persistent ${persistent.length}${failed}`.slice(0, 100),
    text: [
      `Pool ${pool}: instances that have lived too long.`,
      ...failures.map((one) => `${line(one)}: could not be ended. ${why.get(one.instanceId)}`),
      ...ended.map((one) => `${line(one)}: ended. Every other end has failed; the timeline may tell why.`),
      ...persistent.map((one) => `${line(one)}: left alone, because it is tagged persistent=true.`),
    ].join("\n"),
  };
}

function line({ instanceId, name, lifeSeconds }: Swept): string {
  return `${name} ${instanceId}, ${Math.floor(lifeSeconds / 3600)} hours old`;
}
