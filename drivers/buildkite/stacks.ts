import { z } from "zod";
import { DriverError, isFailure } from "../errors.ts";
import type { Surroundings } from "../http/api.ts";
import { type AgentApiAccess, agentApi, noAnswer } from "./access.ts";
import {
  type BuildkiteStack,
  type NotificationProblem,
  type Reservation,
  type ScheduledJobs,
  type StackNotification,
  scheduledJobsSchema,
  toScheduledJobs,
} from "./stack-types.ts";

/** Limits of the Stacks API (its documentation, "Endpoint summary" and below). */
const limits = { batch: 1000, expirySeconds: 3600, detailBytes: 4096, notificationCharacters: 256 } as const;

const reservationSchema = z.object({ reserved: z.array(z.string()), not_reserved: z.array(z.string()) });
const statesSchema = z.object({ states: z.record(z.string(), z.string()) });
const jobSchema = z.object({
  env: z.record(z.string(), z.coerce.string()).nullish(),
  command: z.string().nullish(),
});
const notifySchema = z.object({ errors: z.array(z.object({ error: z.string(), indexes: z.array(z.number()) })) });

/**
 * A stack by its key, which is unique in the organization.
 * @throws DriverError `invalid-argument` for a key that Buildkite would turn down
 */
export function buildkiteStack(access: AgentApiAccess, key: string, around?: Surroundings): BuildkiteStack {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(key)) {
    const hint = "A stack's key has 1 to 80 letters, digits, underscores or dashes.";
    throw new DriverError(`"${key}" cannot be a stack's key`, { kind: "invalid-argument", hint });
  }
  const api = agentApi(access, around);
  const stack = `/stacks/${key}`;
  const jobPath = (id: string) => `${stack}/jobs/${encodeURIComponent(id)}`;
  return {
    async register({ queueKey, metadata = {} }, options) {
      await api.call({
        ...options,
        what: `registering the Buildkite stack ${key}`,
        method: "POST",
        path: "/stacks/register",
        body: { key, type: "custom", queue_key: queueKey, metadata },
        schema: noAnswer,
        kindOf: (status) => (status === 403 ? "quota-exceeded" : undefined),
      });
    },
    async deregister(options) {
      const what = `deregistering the Buildkite stack ${key}`;
      const gone = api.call({ ...options, what, method: "POST", path: `${stack}/deregister`, schema: noAnswer });
      await unlessMissing(gone);
    },
    async scheduledJobs(queueKey, page = {}, options): Promise<ScheduledJobs> {
      const what = `listing the jobs that wait in the queue ${queueKey}`;
      const query = { queue_key: queueKey, limit: page.limit, after: page.after };
      const request = { ...options, what, path: `${stack}/scheduled-jobs`, query, schema: scheduledJobsSchema };
      return toScheduledJobs((await api.call(request)).data);
    },
    async reserve(jobIds, expirySeconds, options) {
      const result: Reservation = { reserved: [], notReserved: [] };
      for (const batch of batches(jobIds)) {
        const { data } = await api.call({
          ...options,
          what: `reserving ${batch.length} jobs`,
          method: "PUT",
          path: `${stack}/scheduled-jobs/batch-reserve`,
          body: { job_uuids: batch, reservation_expiry_seconds: Math.min(expirySeconds, limits.expirySeconds) },
          schema: reservationSchema,
        });
        result.reserved.push(...data.reserved);
        result.notReserved.push(...data.not_reserved);
      }
      return result;
    },
    async job(id, options) {
      const what = `reading the job ${id}`;
      const answer = await unlessMissing(api.call({ ...options, what, path: jobPath(id), schema: jobSchema }));
      return answer && { env: answer.data.env ?? {}, command: answer.data.command ?? "" };
    },
    async states(jobIds, options) {
      const states = new Map<string, string>();
      const path = `${stack}/jobs/get-states`;
      for (const batch of batches(jobIds)) {
        const what = `reading the states of ${batch.length} jobs`;
        const body = { job_uuids: batch };
        const { data } = await api.call({ ...options, what, method: "POST", path, body, schema: statesSchema });
        for (const [id, state] of Object.entries(data.states)) states.set(id, state);
      }
      return states;
    },
    async finish(id, { exitStatus, detail }, options) {
      const what = `finishing the job ${id}`;
      const body = { exit_status: exitStatus, detail: cutToBytes(detail, limits.detailBytes) };
      await api.call({ ...options, what, method: "POST", path: `${jobPath(id)}/finish`, body, schema: noAnswer });
    },
    async notify(notifications, options) {
      const problems: NotificationProblem[] = [];
      for (const batch of batches(notifications)) {
        const { data } = await api.call({
          ...options,
          what: `sending ${batch.length} notifications`,
          method: "POST",
          path: `${stack}/notifications`,
          body: { notifications: batch.map(toVendor) },
          schema: notifySchema,
        });
        for (const { error, indexes } of data.errors) {
          problems.push({ reason: error, jobIds: indexes.flatMap((index) => batch[index]?.jobId ?? []) });
        }
      }
      return problems;
    },
  };
}

function toVendor({ jobId, detail }: StackNotification) {
  return { job_uuid: jobId, detail: [...detail].slice(0, limits.notificationCharacters).join("") };
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += limits.batch) yield items.slice(start, start + limits.batch);
}

/** Cuts between characters, never inside one. */
function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}
