import type { Instant, WaitAction } from "../../model/ec2-mac/types.ts";
import { type Place, viewOf } from "../../model/ec2-mac/view.ts";
import { poolReadyTag } from "../../model/plan/ec2-mac.ts";
import type { Considered } from "./look.ts";

/**
 * The status files of the reference pool (containers/automation mac_pw_pool), for tools that read them. Readers drop
 * lines that begin with `#`.
 */

/** `dh_status.txt`: each host with its instance, or in a comment why it has none. Ends in a newline. Pure. */
export function dhStatus({ observed, policy, now, decision }: Considered): string {
  const view = viewOf(observed, policy, now);
  const waits = new Map<string, WaitAction>();
  for (const action of decision.actions) if (action.kind === "wait") waits.set(action.hostId ?? "", action);
  const lastFailed = (hostId: string) => {
    const last = observed.memory.lives.findLast((life) => life.hostId === hostId);
    return last?.kind === "launch" && (last.result === "failed" || last.result === "refused");
  };
  const there = view.places.map((place): [name: string, line: string] => {
    const { name, hostId } = place.host;
    return [name, dhLine(place, waits.get(hostId)?.until ?? now, lastFailed(hostId))];
  });
  const names = new Set(there.map(([name]) => name));
  const missing = policy.hosts
    .filter(({ name, standing }) => !names.has(name) && (!policy.sizing || standing))
    .map(({ name }): [string, string] => [name, `# ${name} HOST ERROR: Failed to look up dedicated host.`]);
  return file("LaunchInstances.sh", now, [...there, ...missing]);
}

function dhLine({ host, stage, occupied }: Place, launchAt: Instant, lastFailed: boolean | undefined): string {
  const { name, state, tags } = host;
  const ready = tags[poolReadyTag];
  if (!ready) return `# ${name} HOST ERROR: Empty/null/failed JSON query of ${poolReadyTag} tag.`;
  if (ready !== "true") return `# ${name} HOST DISABLED: ${poolReadyTag}==${ready}`;
  if (state === "pending" || state === "under-assessment") return `# ${name} HOST BUSY: ${state}`;
  if (state !== "available") return `# ${name} HOST ERROR: Unsupported dedicated host state`;
  if (stage === "mismatched") return `# ${name} INST ERROR: Instance name does not match.`;
  if (occupied) return `${name} ${occupied.instance.instanceId} ${stamp(occupied.instance.launchedAt)}`;
  if (lastFailed) return `# ${name} INST ERROR: Failed to create new instance on available host.`;
  return `# ${name} HOST THROTTLE: Inst. creation delayed until ${stamp(launchAt)}`;
}

/** `pw_status.txt`: how far each instance's worker is, with its counts of jobs. Ends in a newline. Pure. */
export function pwStatus({ observed, policy, now }: Considered): string {
  const places = viewOf(observed, policy, now).places;
  const lines = places.filter(isListed).map((place): [string, string] => {
    const { setUp, listener, comment } = worker(place, now);
    const counts = jobCounts(place);
    const words = [place.host.name, setUp, listener, counts.started, counts.finished].join(" ");
    return [place.host.name, comment ? `${words} # ${comment}` : words];
  });
  return file("SetupInstances.sh", now, lines);
}

/** The reference pool sets up what its other file lists without a comment. */
function isListed(place: Place): place is Place & { occupied: NonNullable<Place["occupied"]> } {
  return place.occupied !== undefined && !dhLine(place, 0, false).startsWith("#");
}

interface Worker {
  setUp: "started" | "complete" | "disabled" | "error";
  listener: "alive" | "dead" | "disabled" | "error";
  comment?: string;
}

function worker({ stage, occupied }: Place & { occupied: NonNullable<Place["occupied"]> }, now: Instant): Worker {
  const { instance, life } = occupied;
  const minutes = (seconds: number) => Math.floor(seconds / 60);
  if (stage === "out") return { setUp: "disabled", listener: "disabled" };
  if (now > life.hardEndsAt) {
    const comment = `Excess instance lifetime; ${minutes(now - life.hardEndsAt)}m past hard max limit.`;
    return { setUp: "error", listener: "error", comment };
  }
  switch (stage) {
    case "ready": {
      const comment = "Instance alive longer than soft max.  Investigation recommended.";
      return { setUp: "complete", listener: "alive", ...(now > life.softEndsAt && { comment }) };
    }
    case "draining":
      return { setUp: "complete", listener: instance.runner.state === "registered" ? "alive" : "dead" };
    case "gone":
      return { setUp: "complete", listener: "dead" };
    case "unseen":
      return { setUp: instance.setUp.state === "done" ? "complete" : "error", listener: "error" };
    case "booted":
    case "setting-up": {
      const comment = `Setup incomplete;  Running for ${minutes(now - life.startedAt)} minutes (~10 typical)`;
      return { setUp: "started", listener: "error", comment };
    }
    default:
      return { setUp: "error", listener: "error", comment: `Instance is ${stage}.` };
  }
}

/** A job that runs has been started; those that are over come from the CI system, where it tells. */
function jobCounts({ occupied }: Place): { started: number; finished: number } {
  const runner = occupied?.instance.runner;
  if (runner?.state !== "registered") return { started: 0, finished: 0 };
  const finished = runner.jobsFinished ?? 0;
  return { started: finished + Number(runner.busy), finished };
}

function file(script: string, now: Instant, lines: readonly (readonly [name: string, line: string])[]): string {
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, line]) => line);
  return [`# ${script} run ${stamp(now)}`, "#", ...sorted, ""].join("\n");
}

/** As `date --iso-8601=seconds` and the AWS command line write a time. */
function stamp(instant: Instant): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}+00:00`;
}
