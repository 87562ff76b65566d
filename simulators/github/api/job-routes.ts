import { z } from "zod";
import type { SimClock } from "../../ec2-mac/clock.ts";
import { type FaultQueue, faultSchema } from "../../http/faults.ts";
import { bodyAs, type Reply, type Route } from "../../http/route.ts";
import { CONTROL } from "../../http/serve.ts";
import { addJob, cancelJob } from "../rules.ts";
import type { GithubState, WorkflowJobState } from "../state.ts";
import { type GithubCall, refusal, requireToken } from "./access.ts";
import { describeJob } from "./run-routes.ts";

function jobOf(call: GithubCall): WorkflowJobState {
  const job = call.state.jobs.find((item) => String(item.id) === call.params.id);
  if (!job) throw refusal(404, "Not Found");
  return job;
}

function show(call: GithubCall): Reply {
  requireToken(call);
  return { body: describeJob(jobOf(call)) };
}

const newJob = z.strictObject({
  repository: z.string().optional(),
  name: z.string().optional(),
  labels: z.array(z.string()),
  command: z.string().optional(),
});
const clockChange = z.strictObject({ advanceSeconds: z.number().nonnegative() });

/** The job in the REST API, and what a test or a demo may do to a running simulator, without a token. */
export function jobRoutes(faults: FaultQueue, clock: SimClock): readonly Route<GithubState>[] {
  return [
    { method: "GET", path: "/repos/:organization/:name/actions/jobs/:id", operation: "jobs.get", run: show },
    {
      method: "POST",
      path: "/_sim/jobs",
      operation: CONTROL,
      run: (call) => {
        const { repository, name, labels, command } = bodyAs(newJob, call);
        const more = {
          ...(repository ? { repository } : {}),
          ...(name ? { name } : {}),
          ...(command ? { command } : {}),
        };
        return { status: 201, body: { id: addJob(call.state, { labels, ...more }, call.now).id } };
      },
    },
    {
      method: "POST",
      path: "/_sim/jobs/:id/cancel",
      operation: CONTROL,
      run: (call) => {
        cancelJob(call.state, jobOf(call), call.now);
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/_sim/faults",
      operation: CONTROL,
      run: (call) => {
        faults.add(bodyAs(faultSchema, call));
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/_sim/clock",
      operation: CONTROL,
      run: (call) => {
        clock.advance(bodyAs(clockChange, call).advanceSeconds);
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/_sim/state",
      operation: CONTROL,
      run: ({ state: { groups, runners, jobs } }) => ({
        body: { groups, jobs, runners: runners.map(({ secret: _, ...runner }) => runner) },
      }),
    },
  ];
}
