import { z } from "zod";
import { ApiError, bodyAs, type Reply, type Route } from "../../http/route.ts";
import { finishJob, queueOf } from "../rules.ts";
import { type BuildkiteState, isOver, iso, type JobState, newId } from "../state.ts";
import { type BuildkiteCall, jobOf, requireAgentToken, stackOf } from "./access.ts";
import { notify } from "./notifications.ts";

const metadata = z.record(z.string().max(64), z.string().max(256)).refine((all) => Object.keys(all).length <= 100);
const registration = z.object({
  key: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  type: z.enum(["kubernetes", "elastic", "custom"]),
  queue_key: z.string(),
  metadata,
});

function register(call: BuildkiteCall): Reply {
  requireAgentToken(call);
  const { state, now } = call;
  const { key, type, queue_key: given, metadata } = bodyAs(registration, call);
  const queueKey = given === "__default__" ? "default" : given;
  const known = state.stacks.find((stack) => stack.key === key);
  if (!known && state.stacks.length >= state.stackLimit) {
    throw new ApiError(403, "Stack limit exceeded for this organization");
  }
  const stack = known ?? { id: newId(), key, queueKey, metadata, lastConnectedAt: now };
  Object.assign(stack, { queueKey, metadata, lastConnectedAt: now });
  if (!known) state.stacks.push(stack);
  queueOf(state, queueKey);
  const { id } = stack;
  const connected = { last_connected_on: iso(now), state: "connected" };
  return { status: known ? 200 : 201, body: { id, key, type, cluster_queue_key: queueKey, metadata, ...connected } };
}

function deregister(call: BuildkiteCall): Reply {
  const gone = stackOf(call);
  call.state.stacks = call.state.stacks.filter((stack) => stack !== gone);
  return { status: 204 };
}

function scheduledJobs(call: BuildkiteCall): Reply {
  stackOf(call);
  const queue = call.state.queues.find((item) => item.key === call.query.get("queue_key"));
  if (!queue) throw new ApiError(404, "Queue not found");
  const limit = Number(call.query.get("limit") ?? 100);
  if (!Number.isInteger(limit) || limit < 1) throw new ApiError(400, "limit must be a positive integer");
  const start = Number(Buffer.from(call.query.get("after") ?? "", "base64").toString() || 0);
  const waiting = call.state.jobs
    .filter((job) => job.phase === "scheduled" && job.queue === queue.key)
    .toSorted((a, b) => a.scheduledAt - b.scheduledAt);
  const end = start + Math.min(limit, 1000);
  const jobs = waiting.slice(start, end).map((job) => describe(call.state, job));
  const hasMore = end < waiting.length;
  return {
    body: {
      jobs: call.fault?.effect === "duplicated-job" ? [...jobs, ...jobs] : jobs,
      page_info: { has_next_page: hasMore, end_cursor: hasMore ? Buffer.from(String(end)).toString("base64") : null },
      cluster_queue: { id: queue.id, dispatch_paused: queue.dispatchPaused },
    },
  };
}

function describe(state: BuildkiteState, job: JobState) {
  const build = state.builds.find((item) => item.pipeline === job.pipeline && item.number === job.buildNumber);
  return {
    id: job.id,
    priority: job.priority,
    agent_query_rules: [`queue=${job.queue}`, ...job.rules],
    scheduled_at: iso(job.scheduledAt),
    pipeline: { slug: job.pipeline, uuid: job.pipeline },
    build: { number: job.buildNumber, branch: build?.branch ?? null, uuid: build?.id ?? null },
    step: { key: job.stepKey },
  };
}

const ids = z.array(z.string()).max(1000);
const reservation = z.object({
  job_uuids: ids,
  reservation_expiry_seconds: z.int().positive().max(3600).default(900),
});

function reserve(call: BuildkiteCall): Reply {
  const stack = stackOf(call);
  const { job_uuids, reservation_expiry_seconds } = bodyAs(reservation, call, 400);
  const expiresAt = call.now + reservation_expiry_seconds * 1000;
  const reserved: string[] = [];
  for (const id of job_uuids) {
    const job = call.state.jobs.find((item) => item.id === id);
    const isFree = job?.phase === "scheduled" || (job?.phase === "reserved" && job.reservation?.stack === stack.key);
    if (!job || !isFree) continue;
    job.phase = "reserved";
    job.reservation = { stack: stack.key, expiresAt };
    reserved.push(id);
  }
  return { body: { reserved, not_reserved: job_uuids.filter((id) => !reserved.includes(id)) } };
}

function states(call: BuildkiteCall): Reply {
  stackOf(call);
  const { job_uuids } = bodyAs(z.object({ job_uuids: ids }), call, 400);
  const known = call.state.jobs.filter((job) => job_uuids.includes(job.id));
  return { body: { states: Object.fromEntries(known.map((job) => [job.id, job.phase])) } };
}

function show(call: BuildkiteCall): Reply {
  stackOf(call);
  const job = jobOf(call);
  const env = { ...job.env, BUILDKITE_JOB_ID: job.id, BUILDKITE_BUILD_NUMBER: String(job.buildNumber) };
  return { body: { id: job.id, env, command: job.command } };
}

const end = z.object({
  exit_status: z.int().default(-1),
  detail: z.string().refine((text) => Buffer.byteLength(text) <= 4096, "detail is too long"),
});

function finish(call: BuildkiteCall): Reply {
  stackOf(call);
  const job = jobOf(call);
  const { exit_status, detail } = bodyAs(end, call);
  if (isOver(job) || job.agentId) throw new ApiError(422, `Job is ${job.phase} and can't be finished by a stack`);
  job.notifications.push({ detail, at: call.now });
  finishJob(call.state, job, exit_status, call.now, exit_status === 0 ? "" : "stack_error");
  return { body: {} };
}

const stack = "/v3/stacks/:key";

/** The Stacks API. */
export const stackRoutes: readonly Route<BuildkiteState>[] = [
  { method: "POST", path: "/v3/stacks/register", operation: "stack.register", run: register },
  { method: "POST", path: `${stack}/deregister`, operation: "stack.deregister", run: deregister },
  { method: "GET", path: `${stack}/scheduled-jobs`, operation: "stack.scheduled-jobs", run: scheduledJobs },
  { method: "PUT", path: `${stack}/scheduled-jobs/batch-reserve`, operation: "stack.reserve", run: reserve },
  { method: "POST", path: `${stack}/jobs/get-states`, operation: "stack.states", run: states },
  { method: "GET", path: `${stack}/jobs/:id`, operation: "stack.job", run: show },
  { method: "POST", path: `${stack}/jobs/:id/finish`, operation: "stack.finish", run: finish },
  { method: "POST", path: `${stack}/notifications`, operation: "stack.notify", run: notify },
];
