import type { ClusterToken, ClusterTokens } from "../../drivers/buildkite/tokens.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import type { Issuer } from "./credentials.ts";

/** After the limit of a set-up, so that an agent that registers at its end still can. */
const tokenMarginSeconds = 1200;

/** Whose tokens they are, and how long they are needed. */
export interface TokenOwner {
  /** Differs from that of every other pool; it is in a token's description and says whose it is. */
  poolId: string;
  setUpLimitSeconds: number;
}

/**
 * Agent tokens of a Buildkite cluster, one for each life of a Mac. Who has registered with one stays connected when it
 * ends.
 */
export function buildkiteIssuer(
  tokens: ClusterTokens,
  { poolId, setUpLimitSeconds }: TokenOwner,
  now: () => Instant,
): Issuer {
  const prefix = `mac-runner-fleet ${poolId} `;
  const ownerOf = ({ description }: ClusterToken) =>
    description.startsWith(prefix) ? description.slice(prefix.length) : undefined;
  const withdraw: Issuer["withdraw"] = async (instanceIds, signal) => {
    const own = (await tokens.list({ signal })).filter((token) => instanceIds.includes(ownerOf(token) ?? ""));
    for (const { id } of own) await tokens.delete(id, { signal });
  };
  return {
    perJob: false,
    withdraw,
    async issue({ instanceId }, signal) {
      await withdraw([instanceId], signal);
      const expiresAt = new Date((now() + setUpLimitSeconds + tokenMarginSeconds) * 1000);
      const { secret } = await tokens.create({ description: `${prefix}${instanceId}`, expiresAt }, { signal });
      return secret;
    },
    async issued(_, signal) {
      return new Set((await tokens.list({ signal })).flatMap((token) => ownerOf(token) ?? []));
    },
  };
}
