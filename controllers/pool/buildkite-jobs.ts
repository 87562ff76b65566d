import { buildkiteMetrics } from "../../drivers/buildkite/metrics.ts";
import type { ClusterTokens } from "../../drivers/buildkite/tokens.ts";
import { DriverError } from "../../drivers/errors.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import type { WaitingJobs } from "./waiting-jobs.ts";

/** Which queue of which cluster, and where it is asked. */
export interface BuildkiteQueue {
  tokens: ClusterTokens;
  queue: string;
  /** Of the agents' API. Default: Buildkite's own. */
  url?: string | undefined;
  /** Differs from that of every other pool. */
  poolId: string;
}

/** A token that could not be deleted is good for no longer than this. */
const tokenSeconds = 600;

/**
 * The jobs of a queue that an agent could take. Buildkite counts them for whoever has an agent token of the cluster: each
 * count makes one and deletes it, three requests of the 200 that an organization has in a minute. So the controller needs
 * no right to read builds, and no token that lasts.
 */
export function buildkiteJobs({ tokens, queue, url, poolId }: BuildkiteQueue, now: () => Instant): WaitingJobs {
  return {
    async count(signal) {
      const expiresAt = new Date((now() + tokenSeconds) * 1000);
      const { id, secret } = await tokens.create(
        { description: `mac-runner-fleet counts ${poolId}`, expiresAt },
        { signal },
      );
      try {
        const metrics = buildkiteMetrics({ ...(url && { url }), agentToken: secret });
        return (await metrics.queue(queue, { signal })).jobs.scheduled;
      } finally {
        await tokens.delete(id, { signal }).catch(endsByItself);
      }
    },
  };
}

function endsByItself(error: unknown): void {
  if (!(error instanceof DriverError)) throw error;
}
