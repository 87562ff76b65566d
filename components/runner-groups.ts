import { ActionsRunnerGroup } from "@pulumi/github/actionsRunnerGroup.js";
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
    return [
      new ActionsRunnerGroup(`${runner.name}-runners`, {
        name: runner.runnerGroup,
        ...access,
        allowsPublicRepositories: false,
      }),
    ];
  });
}
