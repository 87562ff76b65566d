import { setTimeout as delay } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { PoolClock } from "./pool.ts";

const longestTimerSeconds = 86_400;

/**
 * EC2's time: this computer's, put right by the `Date` of each answer. Before the first answer it is this computer's
 * own, so look at something before deciding anything. `ssm` tells the time too, where it is asked first.
 */
export function ec2Clock(ec2: EC2Client, ssm?: SSMClient): PoolClock {
  let aheadSeconds = 0;
  const notice = (response: unknown) => {
    const date = Date.parse(headersOf(response).date ?? "");
    if (Number.isFinite(date)) aheadSeconds = Math.round((date - Date.now()) / 1000);
  };
  ec2.middlewareStack.add((next) => async (args) => noticed(await next(args), notice), where);
  ssm?.middlewareStack.add((next) => async (args) => noticed(await next(args), notice), where);
  const now = () => Math.floor(Date.now() / 1000) + aheadSeconds;
  return {
    now,
    async until(instant, signal) {
      const seconds = Math.min(Math.max(0, instant - now()), longestTimerSeconds);
      await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    },
  };
}

const where = { step: "deserialize", name: "ec2Clock", override: true } as const;

function noticed<T extends { response: unknown }>(result: T, notice: (response: unknown) => void): T {
  notice(result.response);
  return result;
}

function headersOf(response: unknown): Record<string, string | undefined> {
  return (response as { headers?: Record<string, string> } | undefined)?.headers ?? {};
}
