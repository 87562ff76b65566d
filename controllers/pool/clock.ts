import { setTimeout as delay } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { awsTime } from "../../drivers/aws/clock.ts";
import type { PoolClock } from "./pool.ts";

const longestTimerSeconds = 86_400;

/** EC2's time, as `awsTime` tells it: look at something before deciding anything. */
export function ec2Clock(ec2: EC2Client, ssm?: SSMClient): PoolClock {
  const now = awsTime(ec2, ssm);
  return {
    now,
    async until(instant, signal) {
      const seconds = Math.min(Math.max(0, instant - now()), longestTimerSeconds);
      await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    },
  };
}
