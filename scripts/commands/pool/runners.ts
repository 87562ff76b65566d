import process from "node:process";
import { buildkiteRunners } from "../../../controllers/pool/buildkite-runners.ts";
import { type CiPlace, openCi } from "../../../controllers/pool/ci.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { type Runners, unseenRunners } from "../../../controllers/pool/runners.ts";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import type { RunnerSettings } from "../../../model/settings.ts";
import { type CredentialsPlace, lazyCredentials } from "./credentials.ts";

/**
 * A pool's CI system: its runners, and what Macs register with. The token for its API is the stack's own, or one of the
 * environment. Buildkite makes credentials only where the settings name the cluster.
 */
export function poolCi(
  runner: RunnerSettings,
  secret: (name: string) => string | undefined,
  about: CredentialsPlace & { setUpLimitSeconds: number },
): Pick<Pool, "runners" | "credentials" | "jobs"> {
  const { AWS_ENDPOINT_URL, BUILDKITE_API_URL, BUILDKITE_AGENT_API_URL, BUILDKITE_API_TOKEN } = process.env;
  const { GITHUB_API_URL, GITHUB_TOKEN } = process.env;
  const whose = { poolId: `${about.fleetId}/${about.place.pool}`, setUpLimitSeconds: about.setUpLimitSeconds };
  const open = (ci: CiPlace, token: string) => {
    const { issuer, ...rest } = openCi(ci, whose, token, about.now);
    return { ...rest, credentials: lazyCredentials(about, issuer) };
  };
  if (runner.ci === "buildkite") {
    if (AWS_ENDPOINT_URL && !BUILDKITE_API_URL) return { runners: simulatedMacs("BUILDKITE_API_URL") };
    const apiToken = secret("buildkiteApiToken") ?? BUILDKITE_API_TOKEN;
    if (!apiToken) return { runners: unseenRunners(...noBuildkiteToken) };
    const { organization, cluster, queue } = runner;
    const urls = { url: BUILDKITE_API_URL, agentUrl: BUILDKITE_AGENT_API_URL };
    if (cluster) return open({ ci: "buildkite", ...urls, organization, cluster, queue }, apiToken);
    const url = BUILDKITE_API_URL ? { url: BUILDKITE_API_URL } : {};
    return { runners: buildkiteRunners(buildkiteAgents({ ...url, organization, apiToken })) };
  }
  if (AWS_ENDPOINT_URL && !GITHUB_API_URL) return { runners: simulatedMacs("GITHUB_API_URL") };
  const token = secret("githubToken") ?? GITHUB_TOKEN;
  if (!token) return { runners: unseenRunners(...noGithubToken) };
  const { owner, runnerGroup } = runner;
  const [first = "self-hosted", ...others] = runner.labels;
  return open({ ci: "github", url: GITHUB_API_URL, owner, runnerGroup, labels: [first, ...others] }, token);
}

const noBuildkiteToken = [
  "Buildkite cannot be asked for agents: BUILDKITE_API_TOKEN is not set",
  "Set it to an API access token with the scopes read_agents and write_agents, or the stack's secret buildkiteApiToken.",
] as const;
const noGithubToken = [
  "GitHub cannot be asked for runners: the stack has no githubToken",
  "pulumi config set --secret githubToken",
] as const;

/** A real CI system knows nothing of simulated Macs, and its answer would pass for theirs. */
function simulatedMacs(variable: string): Runners {
  return unseenRunners(
    "the CI system is not asked for runners of simulated Macs",
    `Set ${variable} to a simulated one.`,
  );
}
