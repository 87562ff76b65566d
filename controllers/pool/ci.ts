import { buildkiteAgents } from "../../drivers/buildkite/agents.ts";
import { clusterTokens } from "../../drivers/buildkite/tokens.ts";
import { githubJit } from "../../drivers/github/jit.ts";
import { githubRunnerGroups } from "../../drivers/github/runner-groups.ts";
import { githubRunners } from "../../drivers/github/runners.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { buildkiteIssuer } from "./buildkite-issuer.ts";
import { buildkiteRunners } from "./buildkite-runners.ts";
import type { Issuer } from "./credentials.ts";
import { githubIssuer } from "./github-issuer.ts";
import { githubPoolRunners } from "./github-runners.ts";
import type { Runners } from "./runners.ts";

/** Where a pool's runners register. `url` is missing for the vendor's own. */
export type CiPlace = { url?: string | undefined } & (
  | { ci: "buildkite"; organization: string; cluster: string }
  | { ci: "github"; owner: string; runnerGroup: string; labels: readonly [string, ...string[]] }
);

/** A pool's CI system: its runners, and what makes their credentials. */
export interface Ci {
  runners: Runners;
  issuer: Issuer;
}

/**
 * Opens a pool's CI system. `poolId` differs from that of every other pool and marks what is made for this one. The token
 * is Buildkite's for its REST API (`read_agents`, `write_agents`, `read_clusters`, `write_clusters`), or one that may
 * administer the runners of the GitHub organization.
 */
export function openCi(place: CiPlace, poolId: string, apiToken: string, now: () => Instant): Ci {
  const url = place.url === undefined ? {} : { url: place.url };
  if (place.ci === "buildkite") {
    const access = { ...url, organization: place.organization, apiToken };
    const tokens = clusterTokens(access, place.cluster);
    return { runners: buildkiteRunners(buildkiteAgents(access)), issuer: buildkiteIssuer(tokens, poolId, now) };
  }
  const access = { ...url, organization: place.owner, token: apiToken };
  const runners = githubRunners(access);
  const { runnerGroup: group, labels } = place;
  const parts = { jit: githubJit(access), runners, groups: githubRunnerGroups(access), group, labels };
  return { runners: githubPoolRunners(runners), issuer: githubIssuer(parts, now) };
}
