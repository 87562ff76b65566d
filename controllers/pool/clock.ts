import { setTimeout as delay } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { PoolClock } from "./pool.ts";

const longestTimerSeconds = 86_400;

/**
 * EC2's time: this computer's, put right by the `Date` of each answer. Before the first answer it is this computer's
 * own, so look at something before deciding anything.
 */
export function ec2Clock(client: EC2Client): PoolClock {
  let aheadSeconds = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = Date.parse(headersOf(result.response).date ?? "");
      if (Number.isFinite(date)) aheadSeconds = Math.round((date - Date.now()) / 1000);
      return result;
    },
    { step: "deserialize", name: "ec2Clock", override: true },
  );
  const now = () => Math.floor(Date.now() / 1000) + aheadSeconds;
  return {
    now,
    async until(instant, signal) {
      const seconds = Math.min(Math.max(0, instant - now()), longestTimerSeconds);
      await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    },
  };
}

function headersOf(response: unknown): Record<string, string | undefined> {
  return (response as { headers?: Record<string, string> } | undefined)?.headers ?? {};
}
