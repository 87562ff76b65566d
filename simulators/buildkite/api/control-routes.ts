import { z } from "zod";
import type { SimClock } from "../../ec2-mac/clock.ts";
import { type FaultQueue, faultSchema } from "../../http/faults.ts";
import { ApiError, bodyAs, type Reply, type Route } from "../../http/route.ts";
import { CONTROL } from "../../http/serve.ts";
import { addJob, cancelJob, leave, queueOf } from "../rules.ts";
import type { BuildkiteState } from "../state.ts";
import { type BuildkiteCall, jobOf } from "./access.ts";

const job = z.strictObject({
  pipeline: z.string().optional(),
  queue: z.string().optional(),
  rules: z.array(z.string()).optional(),
  priority: z.int().optional(),
  command: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  label: z.string().optional(),
  stepKey: z.string().optional(),
  branch: z.string().optional(),
  waiting: z.boolean().optional(),
});
const clockChange = z.strictObject({
  advanceSeconds: z.number().nonnegative().optional(),
  rate: z.number().nonnegative().optional(),
});
const queueChange = z.strictObject({ dispatchPaused: z.boolean() });

/** What a test or a demo may do to a running simulator, from another process too. No token needed. */
export function controlRoutes(faults: FaultQueue, clock: SimClock): readonly Route<BuildkiteState>[] {
  return [
    {
      method: "POST",
      path: "/_sim/jobs",
      operation: CONTROL,
      run: (call) => {
        const given = JSON.parse(JSON.stringify(bodyAs(job, call)));
        return { status: 201, body: { id: addJob(call.state, given, call.now).id } };
      },
    },
    {
      method: "POST",
      path: "/_sim/jobs/:id/cancel",
      operation: CONTROL,
      run: (call) => done(() => cancelJob(jobOf(call), call.now)),
    },
    {
      method: "POST",
      path: "/_sim/jobs/:id/unblock",
      operation: CONTROL,
      run: (call) => done(() => unblock(call)),
    },
    {
      method: "PUT",
      path: "/_sim/queues/:key",
      operation: CONTROL,
      run: (call) => done(() => Object.assign(queueOf(call.state, call.params.key ?? ""), bodyAs(queueChange, call))),
    },
    { method: "POST", path: "/_sim/agents/:id/lose", operation: CONTROL, run: (call) => done(() => lose(call)) },
    {
      method: "POST",
      path: "/_sim/faults",
      operation: CONTROL,
      run: (call) => done(() => faults.add(bodyAs(faultSchema, call))),
    },
    {
      method: "POST",
      path: "/_sim/clock",
      operation: CONTROL,
      run: (call) => {
        const { advanceSeconds, rate } = bodyAs(clockChange, call);
        if (advanceSeconds !== undefined) clock.advance(advanceSeconds);
        if (rate !== undefined) clock.setRate(rate);
        return { body: { now: new Date(clock.now()).toISOString(), rate: clock.rate } };
      },
    },
    { method: "GET", path: "/_sim/state", operation: CONTROL, run: (call) => ({ body: withoutSecrets(call.state) }) },
  ];
}

function done(act: () => void): Reply {
  act();
  return { status: 204 };
}

/** A waiting job's dependencies are met. */
function unblock(call: BuildkiteCall): void {
  const waiting = jobOf(call);
  if (waiting.phase !== "waiting") throw new ApiError(422, `Job is ${waiting.phase}`);
  waiting.phase = "scheduled";
  waiting.scheduledAt = call.now;
}

function lose(call: BuildkiteCall): void {
  const agent = call.state.agents.find((item) => item.id === call.params.id);
  if (!agent) throw new ApiError(404, "No agent found");
  leave(call.state, agent, "lost", call.now);
}

function withoutSecrets({ agents, jobs, builds, queues, stacks }: BuildkiteState) {
  return {
    agents: agents.map(({ accessToken: _, ...agent }) => agent),
    jobs: jobs.map(({ token: _, ...item }) => item),
    builds,
    queues,
    stacks,
  };
}
