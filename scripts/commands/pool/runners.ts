import process from "node:process";
import { buildkiteRunners } from "../../../controllers/pool/buildkite-runners.ts";
import { githubPoolRunners } from "../../../controllers/pool/github-runners.ts";
import { type Runners, unseenRunners } from "../../../controllers/pool/runners.ts";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { githubRunners } from "../../../drivers/github/runners.ts";
import type { Ec2MacPoolSettings, RunnerSettings } from "../../../model/settings.ts";

/**
 * The runners of a pool, at its CI system. The token that Macs register with at Buildkite cannot list agents, so the one
 * for its REST API comes from `BUILDKITE_API_TOKEN`; GitHub's is the stack's own.
 */
export function poolRunners(
  pool: Ec2MacPoolSettings,
  runners: readonly RunnerSettings[],
  secret: (name: string) => string | undefined,
): Runners {
  const runner = runners.find(({ name }) => name === pool.runner);
  const { AWS_ENDPOINT_URL, BUILDKITE_API_URL, BUILDKITE_API_TOKEN, GITHUB_API_URL, GITHUB_TOKEN } = process.env;
  if (runner?.ci === "buildkite") {
    if (AWS_ENDPOINT_URL && !BUILDKITE_API_URL) return simulatedMacs("BUILDKITE_API_URL");
    if (!BUILDKITE_API_TOKEN)
      return unseenRunners(
        "Buildkite cannot be asked for agents: BUILDKITE_API_TOKEN is not set",
        "Set it to an API access token with the scopes read_agents and write_agents.",
      );
    const url = BUILDKITE_API_URL ? { url: BUILDKITE_API_URL } : {};
    return buildkiteRunners(
      buildkiteAgents({ ...url, organization: runner.organization, apiToken: BUILDKITE_API_TOKEN }),
    );
  }
  if (runner?.ci === "github") {
    if (AWS_ENDPOINT_URL && !GITHUB_API_URL) return simulatedMacs("GITHUB_API_URL");
    const token = secret("githubToken") ?? GITHUB_TOKEN;
    if (!token)
      return unseenRunners(
        "GitHub cannot be asked for runners: the stack has no githubToken",
        "pulumi config set --secret githubToken",
      );
    const url = GITHUB_API_URL ? { url: GITHUB_API_URL } : {};
    return githubPoolRunners(githubRunners({ ...url, organization: runner.owner, token }));
  }
  throw new Error(`Pool ${pool.name}: the settings have no runner ${pool.runner}.`);
}

/** A real CI system knows nothing of simulated Macs, and its answer would pass for theirs. */
function simulatedMacs(variable: string): Runners {
  return unseenRunners(
    "the CI system is not asked for runners of simulated Macs",
    `Set ${variable} to a simulated one.`,
  );
}
