import { z } from "zod";
import { bodyAs, type Reply } from "../../http/route.ts";
import { type BuildkiteCall, stackOf } from "./access.ts";

const mostPerJob = 100;
const longestDetail = 256;
/** A job that finished longer ago than this takes none. */
const lateMs = 300_000;

const notification = z.object({
  job_uuid: z.string(),
  detail: z.string().default(""),
  timestamp: z.string().optional(),
});
const body = z.object({ notifications: z.array(notification).max(1000) });

/** Takes each notification by itself: good ones are kept even when others are turned down. */
export function notify(call: BuildkiteCall): Reply {
  stackOf(call);
  const indexes = new Map<string, number[]>();
  for (const [index, item] of bodyAs(body, call, 400).notifications.entries()) {
    const error = problemOf(item, call);
    if (error !== undefined) indexes.set(error, [...(indexes.get(error) ?? []), index]);
    else jobBy(item.job_uuid, call)?.notifications.push({ detail: item.detail, at: timeOf(item, call) });
  }
  return { body: { errors: [...indexes].map(([error, list]) => ({ error, indexes: list })) } };
}

function problemOf(item: z.infer<typeof notification>, call: BuildkiteCall): string | undefined {
  const job = jobBy(item.job_uuid, call);
  if (!job) return "job not found";
  if (item.detail === "") return "detail is required";
  if (item.detail.length > longestDetail) return "detail is too long";
  if (job.notifications.length >= mostPerJob) return "job stack notification count exceeded";
  if (job.finishedAt !== undefined && call.now - job.finishedAt > lateMs) return "job finished too long ago";
  const time = timeOf(item, call);
  if (time > call.now || time < job.createdAt) return "timestamp is invalid";
  return undefined;
}

function timeOf({ timestamp }: z.infer<typeof notification>, { now }: BuildkiteCall): number {
  return timestamp === undefined ? now : Date.parse(timestamp);
}

function jobBy(id: string, { state }: BuildkiteCall) {
  return state.jobs.find((job) => job.id === id);
}
