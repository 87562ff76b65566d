import { z } from "zod";
import { ApiError, bodyAs, type Reply, type Route } from "../../http/route.ts";
import { assign, complete, jobFor } from "../rules.ts";
import { type GithubState, isOlder, isOnline, type WorkflowJobState } from "../state.ts";
import { callingRunner, type GithubCall } from "./access.ts";

const sessionRequest = z.object({ version: z.string(), os: z.string() });

/** A runner connects. */
function openSession(call: GithubCall): Reply {
  const runner = callingRunner(call);
  const { version, os } = bodyAs(sessionRequest, call);
  const { registrationFloor } = call.state;
  if (isOlder(version, registrationFloor)) {
    throw new ApiError(
      404,
      `Your runner version is out of date and can no longer register with GitHub.\nThe minimum runner version required to register with GitHub Actions is now ${registrationFloor}.`,
    );
  }
  if (isOnline(runner, call.now)) throw new ApiError(409, "A session for this runner already exists.");
  runner.os = os;
  runner.session = { lastSeenAt: call.now };
  return { body: {} };
}

function closeSession(call: GithubCall): Reply {
  delete callingRunner(call).session;
  return { status: 204 };
}

/** A runner asks for its job. The same job again means that its first answer got lost. */
function nextMessage(call: GithubCall): Reply {
  const runner = callingRunner(call);
  const { state, now, query, fault } = call;
  const version = query.get("runnerVersion") ?? "";
  if (isOlder(version, state.messageFloor)) {
    throw new ApiError(403, `Runner version v${version} is deprecated and cannot receive messages.`);
  }
  runner.session = { lastSeenAt: now };
  const job = state.jobs.find((item) => item.id === runner.jobId) ?? jobFor(state, runner);
  if (!job) return { status: 202 };
  // A duplicated job stays in the queue, so another runner gets it as well.
  if (fault?.effect !== "duplicated-job") assign(job, runner, now);
  return { body: { id: job.id, name: job.name, command: job.command, repository: job.repository } };
}

function ownJob(call: GithubCall): WorkflowJobState {
  const runner = callingRunner(call);
  const job = call.state.jobs.find((item) => String(item.id) === call.params.id);
  if (!job) throw new ApiError(404, "Not Found");
  runner.session = { lastSeenAt: call.now };
  // The second runner with the same job learns that it is too late.
  if (job.status === "queued") assign(job, runner, call.now);
  if (job.runnerId !== runner.id) throw new ApiError(409, "The job is assigned to another runner.");
  return job;
}

const result = z.object({ conclusion: z.enum(["success", "failure", "cancelled"]), log: z.string() });

function finish(call: GithubCall): Reply {
  const job = ownJob(call);
  const { conclusion, log } = bodyAs(result, call);
  job.log = log;
  complete(call.state, job, conclusion, call.now);
  return { status: 204 };
}

/**
 * How the simulated runner speaks to the simulated service. The real one speaks several protocols that nobody outside
 * documents; only what they lead to is alike: sessions, one job, version floors, and a runner that is gone after its job.
 */
export const serviceRoutes: readonly Route<GithubState>[] = [
  { method: "POST", path: "/_runner/session", operation: "session.open", run: openSession },
  { method: "DELETE", path: "/_runner/session", operation: "session.close", run: closeSession },
  { method: "GET", path: "/_runner/message", operation: "message", run: nextMessage },
  {
    method: "POST",
    path: "/_runner/jobs/:id/renew",
    operation: "job.renew",
    run: (call) => ({ body: { cancel: ownJob(call).cancelRequested } }),
  },
  { method: "POST", path: "/_runner/jobs/:id/finish", operation: "job.finish", run: finish },
];
