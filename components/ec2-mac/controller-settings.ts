import * as pulumi from "@pulumi/pulumi";
import type { LambdaPoolSettings } from "../../controllers/lambda/settings.ts";
import { poolPolicy } from "../../controllers/pool/policy.ts";
import { apiTokenParameter, awsName, fleetId, fleetMarkTag } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { metricNamespace } from "../../model/plan/ec2-mac-alarms.ts";
import type { RunnerSettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";

/** What the settings name of other resources. */
export interface ControllerParts {
  table: pulumi.Input<string>;
  scheduleGroup: pulumi.Input<string>;
  schedulerRoleArn: pulumi.Input<string>;
  instanceRoleId: pulumi.Input<string>;
}

/** What the pool's functions are told by their environment. */
export function controllerSettings(
  { pool, place, fleetId: mark }: PoolScope,
  plan: Ec2MacPoolPlan,
  runner: RunnerSettings,
  parts: ControllerParts,
): pulumi.Output<LambdaPoolSettings> {
  return pulumi.all([mark, pulumi.output(parts)]).apply(
    ([id, known]): LambdaPoolSettings => ({
      poolId: `${id}/${pool.name}`,
      pool: pool.name,
      fleetId: id,
      fleet: fleetId(place),
      region: pool.region,
      policy: poolPolicy(pool, plan, id),
      template: {
        templateName: awsName("launchTemplate", place),
        tags: { ...plan.instanceTags, [fleetMarkTag]: id },
        subnets: pool.subnets ?? {},
      },
      ...known,
      runner: runnerSettings(runner),
      apiTokenParameter: apiTokenParameter(id, pool.name),
      metricNamespace,
    }),
  );
}

function runnerSettings(runner: RunnerSettings): LambdaPoolSettings["runner"] {
  const { BUILDKITE_API_URL, BUILDKITE_AGENT_API_URL, GITHUB_API_URL } = process.env;
  if (runner.ci === "buildkite") {
    const { organization, queue, cluster = "" } = runner;
    return {
      ci: runner.ci,
      organization,
      cluster,
      queue,
      ...otherUrl(BUILDKITE_API_URL, "https://api.buildkite.com/v2"),
      ...(BUILDKITE_AGENT_API_URL && { agentUrl: BUILDKITE_AGENT_API_URL }),
    };
  }
  const [first = "self-hosted", ...others] = runner.labels;
  const { ci, owner, runnerGroup } = runner;
  const labels: [string, ...string[]] = [first, ...others];
  return { ci, owner, runnerGroup, labels, ...otherUrl(GITHUB_API_URL, "https://api.github.com") };
}

/** GitHub's own workflows set the variable to the usual address, which must not look like a change. */
function otherUrl(url: string | undefined, usual: string): { url?: string } {
  return url && url !== usual ? { url } : {};
}
