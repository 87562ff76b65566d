import { ActionsRunnerGroup } from "@pulumi/github/actionsRunnerGroup.js";
import { Provider } from "@pulumi/github/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { RunnerSettings } from "../model/settings.ts";

/**
 * Declares the GitHub runner groups, which say whose jobs may run on the Macs. Public repositories never may: a pull
 * request from a fork would run its code on a machine that outlives the job.
 */
export function createRunnerGroups(runners: readonly RunnerSettings[]): ActionsRunnerGroup[] {
  return runners.flatMap((runner) => {
    if (runner.ci !== "github") return [];
    const { repositoryIds } = runner;
    const access = repositoryIds
      ? { visibility: "selected", selectedRepositoryIds: repositoryIds }
      : { visibility: "private" };
    const provider = new Provider(`${runner.name}-access`, { owner: runner.owner, ...githubToken() });
    return [
      new ActionsRunnerGroup(
        `${runner.name}-runners`,
        { name: runner.runnerGroup, ...access, allowsPublicRepositories: false },
        { provider },
      ),
    ];
  });
}

/** The vendor's provider takes GITHUB_TOKEN by itself, but would write it into the state as it is. */
function githubToken(): { token?: pulumi.Output<string> } {
  const fromEnvironment = process.env.GITHUB_TOKEN;
  const token = new pulumi.Config().getSecret("githubToken") ?? (fromEnvironment && pulumi.secret(fromEnvironment));
  return token ? { token } : {};
}
