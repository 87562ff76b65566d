import type { EC2Client } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { Instant } from "../../model/ec2-mac/types.ts";

/**
 * AWS's time: this computer's, put right by the `Date` of each answer. What is due at AWS goes by AWS's clock, and this
 * computer's may be wrong; before the first answer it is this computer's own, so ask something before asking for the
 * time. `ssm` tells the time too, where it is asked first.
 */
export function awsTime(ec2: EC2Client, ssm?: SSMClient): () => Instant {
  let aheadSeconds = 0;
  const notice = (response: unknown) => {
    const { headers = {} } = (response ?? {}) as { headers?: Record<string, string> };
    const date = Date.parse(headers.date ?? "");
    if (Number.isFinite(date)) aheadSeconds = Math.round((date - Date.now()) / 1000);
  };
  ec2.middlewareStack.add((next) => async (args) => noticed(await next(args), notice), where);
  ssm?.middlewareStack.add((next) => async (args) => noticed(await next(args), notice), where);
  return () => Math.floor(Date.now() / 1000) + aheadSeconds;
}

const where = { step: "deserialize", name: "awsTime", override: true } as const;

function noticed<T extends { response: unknown }>(result: T, notice: (response: unknown) => void): T {
  notice(result.response);
  return result;
}
