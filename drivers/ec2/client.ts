import { EC2Client } from "@aws-sdk/client-ec2";

/** Where EC2 is. */
export interface Ec2Place {
  region: string;
  /** Default: the region's own, or `AWS_ENDPOINT_URL`. */
  endpoint?: string;
}

const CONNECT_MILLISECONDS = 5_000;
const ANSWER_MILLISECONDS = 30_000;
/** The SDK tries again after throttling, a 5xx or a lost connection, and waits longer each time. */
const ATTEMPTS = 5;

/** A client that takes its credentials from the default chain: environment, profile, SSO, instance or task role. */
export function ec2Client({ region, endpoint }: Ec2Place): EC2Client {
  return new EC2Client({
    region,
    ...(endpoint ? { endpoint } : {}),
    maxAttempts: ATTEMPTS,
    retryMode: "standard",
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS, requestTimeout: ANSWER_MILLISECONDS },
  });
}
