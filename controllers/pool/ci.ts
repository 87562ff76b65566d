import { buildkiteAgents } from "../../drivers/buildkite/agents.ts";
import { clusterTokens } from "../../drivers/buildkite/tokens.ts";
import { githubJit } from "../../drivers/github/jit.ts";
import { githubJobs } from "../../drivers/github/jobs.ts";
import { githubRunnerGroups } from "../../drivers/github/runner-groups.ts";
import { githubRunners } from "../../drivers/github/runners.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { buildkiteIssuer, type TokenOwner } from "./buildkite-issuer.ts";
import { buildkiteJobs } from "./buildkite-jobs.ts";
import { buildkiteRunners } from "./buildkite-runners.ts";
import type { Issuer } from "./credentials.ts";
import { githubIssuer } from "./github-issuer.ts";
import { githubWaitingJobs } from "./github-jobs.ts";
import { githubPoolRunners } from "./github-runners.ts";
import type { Runners } from "./runners.ts";
import type { WaitingJobs } from "./waiting-jobs.ts";

/** Where a pool's runners register. `url` is missing for the vendor's own. */
export type CiPlace = { url?: string | undefined } & (
  | { ci: "buildkite"; organization: string; cluster: string; queue: string; agentUrl?: string | undefined }
  | { ci: "github"; owner: string; runnerGroup: string; labels: readonly [string, ...string[]] }
);

/** A pool's CI system: its runners, what makes their credentials, and the jobs that wait for them. */
export interface Ci {
  runners: Runners;
  issuer: Issuer;
  jobs: WaitingJobs;
}

/**
 * Opens a pool's CI system. `owner` marks what is made there, and says how long a credential may be needed. The token
 * is Buildkite's for its REST API (`read_agents`, `write_agents`, `read_clusters`, `write_clusters`), or one that may
 * administer the runners of the GitHub organization and, to count jobs, read the Actions of its repositories.
 */
export function openCi(place: CiPlace, owner: TokenOwner, apiToken: string, now: () => Instant): Ci {
  const url = place.url === undefined ? {} : { url: place.url };
  if (place.ci === "buildkite") {
    const access = { ...url, organization: place.organization, apiToken };
    const tokens = clusterTokens(access, place.cluster);
    return {
      runners: buildkiteRunners(buildkiteAgents(access)),
      issuer: buildkiteIssuer(tokens, owner, now),
      jobs: buildkiteJobs({ tokens, queue: place.queue, url: place.agentUrl, poolId: owner.poolId }, now),
    };
  }
  const access = { ...url, organization: place.owner, token: apiToken };
  const runners = githubRunners(access);
  const { runnerGroup: group, labels } = place;
  const groups = githubRunnerGroups(access);
  return {
    runners: githubPoolRunners(runners),
    issuer: githubIssuer({ jit: githubJit(access), runners, groups, group, labels }, now),
    jobs: githubWaitingJobs({ groups, jobs: githubJobs(access), group, labels }),
  };
}
