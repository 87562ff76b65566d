import { renewingSinceTag, softLifeTag } from "../../../model/ec2-mac/policy.ts";
import type { Instant, RootVolumeTask, RunnerSighting, Tags } from "../../../model/ec2-mac/types.ts";
import { type Faults, hour, minute } from "./scenario.ts";

/** Gives a number between two others. */
export type Draw = (low: number, high: number) => number;

/** An instance of the world. Its state at any moment follows from these times. */
export interface Mac {
  instanceId: string;
  hostId: string;
  clientToken: string;
  imageId: string;
  tags: Tags;
  launchedAt: Instant;
  runningFrom: Instant;
  /** The start of its present life. */
  bornAt: Instant;
  /** macOS is up, in this life. Never, when it hangs. */
  bootedFrom: Instant;
  setUpFrom: Instant;
  /** How its set-up of this life ends. */
  setUpUntil: Instant;
  setUpEnds: "done" | "failed" | "hangs";
  runnerGoneFrom: Instant;
  /** When it was first asked to drain in this life, and since when it takes no more. */
  drainAskedAt: Instant;
  drainedFrom: Instant;
  endingFrom: Instant;
  endedFrom: Instant;
  tasks: (RootVolumeTask & { endsAt: Instant; fails: boolean })[];
  /** Its own ends work. Broken ones stay broken for this life. */
  supervisorWorks: boolean;
  deadlineWorks: boolean;
  /** Its runner takes one job; until then the next one has not come. */
  perJob: boolean;
  nextRunnerFrom: Instant;
  jobFrom: Instant;
  jobUntil: Instant;
  jobs: number;
}

const never = Number.POSITIVE_INFINITY;

/** A new life of a Mac that is launched, or whose volume is replaced, at `bootsFrom`. */
export function bear(mac: Mac, bootsFrom: Instant, faults: Faults, draw: Draw): void {
  mac.bornAt = bootsFrom;
  mac.bootedFrom = draw(0, 1) < faults.bootHangs ? never : bootsFrom + draw(6 * minute, 20 * minute);
  mac.setUpFrom = never;
  mac.setUpUntil = never;
  mac.setUpEnds = "done";
  mac.runnerGoneFrom = never;
  mac.drainAskedAt = never;
  mac.drainedFrom = never;
  mac.nextRunnerFrom = 0;
  mac.supervisorWorks = draw(0, 1) >= faults.supervisorBroken;
  mac.deadlineWorks = draw(0, 1) >= faults.deadlineBroken;
  mac.jobFrom = never;
  mac.jobUntil = never;
  mac.jobs = 0;
}

/** Starts its set-up. False when it cannot be started, or has been in this life. */
export function startSetUp(mac: Mac, now: Instant, faults: Faults, draw: Draw): boolean {
  if (mac.setUpFrom <= now || now < mac.bootedFrom) return false;
  mac.setUpFrom = now;
  const chance = draw(0, 1);
  mac.setUpEnds =
    chance < faults.setUpFails ? "failed" : chance < faults.setUpFails + faults.setUpHangs ? "hangs" : "done";
  mac.setUpUntil = mac.setUpEnds === "hangs" ? never : now + draw(5 * minute, 15 * minute);
  if (mac.setUpEnds !== "done") return true;
  mac.runnerGoneFrom = mac.setUpUntil + exponential(faults.runnerDiesEvery, draw);
  mac.jobFrom = mac.setUpUntil + draw(0, hour);
  mac.jobUntil = mac.jobFrom + jobSeconds(draw);
  return true;
}

/** Lets jobs come and go up to `now`. */
export function runJobs(mac: Mac, now: Instant, load: number, draw: Draw): void {
  const until = Math.min(now, mac.drainedFrom, mac.runnerGoneFrom, mac.endingFrom);
  while (mac.jobUntil <= until) {
    mac.jobs++;
    const seconds = jobSeconds(draw);
    const isNight = mac.jobUntil % (24 * hour) < 8 * hour;
    const idle = (seconds * (1 - load)) / Math.max(0.02, load) / (isNight ? 0.3 : 1);
    mac.nextRunnerFrom = mac.perJob ? mac.jobUntil + draw(20, minute) : 0;
    mac.jobFrom = Math.max(mac.nextRunnerFrom, mac.jobUntil + idle * 2 * draw(0, 1));
    mac.jobUntil = mac.jobFrom + seconds;
  }
}

/** True while a job runs. A drained runner finishes the one that it has. */
export function isBusy(mac: Mac, now: Instant): boolean {
  return mac.jobFrom <= now && now < mac.jobUntil && mac.jobFrom < mac.drainedFrom && now < mac.runnerGoneFrom;
}

/** True once its set-up, which brings its supervisor, is done. */
export function isSetUp(mac: Mac, now: Instant): boolean {
  return mac.setUpEnds === "done" && mac.setUpUntil <= now;
}

/** True while its runner is registered with the CI system. */
export function hasRunner(mac: Mac, now: Instant): boolean {
  return isSetUp(mac, now) && now < runnerEndsAt(mac) && now < mac.endingFrom;
}

/** When its runner is gone: it died, or was drained and its job is over. */
export function runnerEndsAt({ runnerGoneFrom, drainedFrom, jobFrom, jobUntil }: Mac): Instant {
  const lastJobUntil = jobFrom < drainedFrom ? Math.max(drainedFrom, jobUntil) : drainedFrom;
  return Math.min(runnerGoneFrom, drainedFrom === never ? never : lastJobUntil);
}

/** Until when its supervisor waits for a new root volume; 0 when it was drained for none. */
export function renewalUntil({ tags, bornAt }: Mac, graceSeconds: number): Instant {
  const since = Number(tags[renewingSinceTag] ?? 0);
  return since > bornAt ? since + graceSeconds : 0;
}

/** True while it takes jobs. */
export function isReady(mac: Mac, now: Instant): boolean {
  return hasRunner(mac, now) && now < mac.drainedFrom;
}

/** EC2's word for its state. */
export function stateOf(mac: Mac, now: Instant): string {
  if (now >= mac.endedFrom) return "terminated";
  if (now >= mac.endingFrom) return "shutting-down";
  return now >= mac.runningFrom ? "running" : "pending";
}

/** AWS's record of its replacements as shown at `now`. */
export function tasksOf(mac: Mac, now: Instant): RootVolumeTask[] {
  const shown = mac.tasks.filter(({ startedAt }) => startedAt <= now);
  return shown.map(({ taskId, instanceId, startedAt, endsAt, fails }) => {
    if (now < endsAt) return { taskId, instanceId, startedAt, state: "in-progress" };
    return { taskId, instanceId, startedAt, completedAt: endsAt, state: fails ? "failed" : "succeeded" };
  });
}

/**
 * What the CI system says of its runner. One that takes a single job does not know how to take no more: it is gone, or it
 * works.
 */
export function runnerOf(mac: Mac, now: Instant): RunnerSighting {
  const isBetween = now < mac.nextRunnerFrom || (mac.perJob && mac.drainedFrom <= now);
  if (!hasRunner(mac, now) || (isBetween && !isBusy(mac, now))) return { state: "absent" };
  const accepting = mac.perJob || now < mac.drainedFrom;
  return { state: "registered", busy: isBusy(mac, now), accepting, jobsFinished: mac.jobs };
}

/** The soft life that its supervisor goes by. */
export function ownSoftLife(mac: Mac): number {
  return Number(mac.tags[softLifeTag] ?? 24 * hour);
}

/** A time until the next of things that happen by chance, with this mean. */
export function exponential(mean: number, draw: Draw): number {
  return mean === never ? never : -Math.log(1 - draw(0, 1)) * mean;
}

function jobSeconds(draw: Draw): number {
  const chance = draw(0, 1);
  return chance < 0.9 ? draw(3 * minute, 40 * minute) : draw(40 * minute, 100 * minute);
}
