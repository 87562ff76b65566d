import type { GithubRunner, GithubRunners } from "../../drivers/github/runners.ts";
import type { RunnerSighting } from "../../model/ec2-mac/types.ts";
import { byInstance, isRunnerOf, type Runners } from "./runners.ts";

/**
 * The self-hosted runners of a GitHub organization as a pool's runners. GitHub cannot tell a runner to finish and take no
 * more: an idle one is deregistered, a busy one refuses with `in-use` and is asked again later.
 */
export function githubPoolRunners(runners: GithubRunners): Runners {
  return {
    async look(instanceIds, signal) {
      return byInstance(instanceIds, await runners.list({}, { signal }), sightOf);
    },
    async drain({ instanceId }, signal) {
      // Each of its runners has another name, and GitHub finds one by its whole name only.
      const own = (await runners.list({}, { signal })).filter(({ name }) => isRunnerOf(name, instanceId));
      for (const { id } of own) await runners.remove(id, { signal });
    },
  };
}

/**
 * GitHub lists runners for days after they have gone; only those that are connected are there. Each takes one job, so
 * another name means that a job is over.
 */
function sightOf(own: readonly GithubRunner[]): RunnerSighting {
  const online = own.filter((runner) => runner.online);
  if (online.length === 0) return { state: "absent" };
  const newest = online.reduce((last, runner) => (runner.id > last.id ? runner : last));
  return { state: "registered", busy: online.some(({ busy }) => busy), accepting: true, jobMark: newest.name };
}
