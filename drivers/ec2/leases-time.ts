import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Instant } from "../../model/ec2-mac/types.ts";

/**
 * AWS' time: this computer's, put right by the `Date` of each answer. What is due at AWS goes by AWS' clock, and this
 * computer's may be wrong. Ask something before asking for the time.
 */
export function awsTime(client: EC2Client): () => Instant {
  let aheadSeconds = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = (result.response ?? {}) as { headers?: Record<string, string> };
      const date = Date.parse(headers.date ?? "");
      if (Number.isFinite(date)) aheadSeconds = Math.round((date - Date.now()) / 1000);
      return result;
    },
    { step: "deserialize", name: "awsTime", override: true },
  );
  return () => Math.floor(Date.now() / 1000) + aheadSeconds;
}
