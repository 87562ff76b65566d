import type { BuildkiteAgent, BuildkiteAgents } from "../../drivers/buildkite/agents.ts";
import type { RunnerSighting } from "../../model/ec2-mac/types.ts";
import { byInstance, isRunnerOf, type Runners } from "./runners.ts";

/** The agents of a Buildkite organization as a pool's runners. */
export function buildkiteRunners(agents: BuildkiteAgents): Runners {
  return {
    async look(instanceIds, signal) {
      return byInstance(instanceIds, await agents.list({}, { signal }), sightOf);
    },
    async drain({ instanceId, hostName }, signal) {
      // A Mac's agent has just this name (host/ec2-mac), so that not all agents of the organization are listed once more.
      const named = await agents.list({ name: `${hostName}-${instanceId}` }, { signal });
      const own = named.filter(({ name }) => isRunnerOf(name, instanceId));
      for (const { id } of own) await agents.stop(id, { force: false }, { signal });
    },
  };
}

/**
 * An agent that a person has paused is not being ended: it still counts as taking jobs. Buildkite tells of an agent's last
 * job only, so jobs are counted by its time, and of several between two looks one.
 */
function sightOf(own: readonly BuildkiteAgent[]): RunnerSighting {
  if (own.length === 0) return { state: "absent" };
  const jobMark = own.reduce(
    (last, { lastJobFinishedAt = "" }) => (lastJobFinishedAt > last ? lastJobFinishedAt : last),
    "",
  );
  return {
    state: "registered",
    busy: own.some(({ jobId }) => jobId !== undefined),
    accepting: own.some(({ state }) => state === "connected"),
    jobsFinished: jobMark ? 1 : 0,
    jobMark,
  };
}
