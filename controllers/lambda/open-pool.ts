import { buildkiteAgents } from "../../drivers/buildkite/agents.ts";
import { clusterTokens } from "../../drivers/buildkite/tokens.ts";
import { templateImage } from "../../drivers/ec2/template-image.ts";
import { githubJit } from "../../drivers/github/jit.ts";
import { githubRunnerGroups } from "../../drivers/github/runner-groups.ts";
import { githubRunners } from "../../drivers/github/runners.ts";
import { buildkiteIssuer } from "../pool/buildkite-issuer.ts";
import { buildkiteRunners } from "../pool/buildkite-runners.ts";
import { type Issuer, parameterCredentials } from "../pool/credentials.ts";
import { scheduledEnds } from "../pool/ends.ts";
import { githubIssuer } from "../pool/github-issuer.ts";
import { githubPoolRunners } from "../pool/github-runners.ts";
import type { Pool, PoolClock } from "../pool/pool.ts";
import { type Runners, unseenRunners } from "../pool/runners.ts";
import type { AwsClients } from "./clients.ts";
import type { LambdaPoolSettings } from "./settings.ts";

/** A pool's CI system: its runners, and what makes their credentials. */
interface Ci {
  runners: Runners;
  issuer: Issuer;
}

/** The pool that the settings are about. Without a token for the CI system its limits of age hold all the same. */
export function openPool(
  settings: LambdaPoolSettings,
  clients: AwsClients,
  clock: PoolClock,
  apiToken: string | undefined,
): Pool {
  const { poolId, pool, fleetId, policy, template, imageId, instanceRoleId } = settings;
  const { ec2, ssm, scheduler } = clients;
  const { runners, issuer } = apiToken === undefined ? unseen(settings) : ciOf(settings, apiToken, clock.now);
  const handOver = { ssm, fleetId, pool, mark: policy.mark, instanceRoleId, now: clock.now };
  return {
    id: poolId,
    name: pool,
    policy,
    imageId: async (signal) => imageId ?? templateImage(ec2, template.templateName, signal),
    launch: template,
    ec2,
    clock,
    runners,
    ...(issuer && { credentials: parameterCredentials(handOver, issuer) }),
    ends: scheduledEnds(scheduler, settings.scheduleGroup, settings.schedulerRoleArn),
  };
}

function unseen({ apiTokenParameter }: LambdaPoolSettings): { runners: Runners; issuer?: Issuer } {
  const why = "the CI system cannot be asked: there is no token for its API";
  return { runners: unseenRunners(why, `The parameter ${apiTokenParameter} should hold it.`) };
}

function ciOf({ runner, poolId }: LambdaPoolSettings, apiToken: string, now: PoolClock["now"]): Ci {
  const url = runner.url === undefined ? {} : { url: runner.url };
  if (runner.ci === "buildkite") {
    const access = { ...url, organization: runner.organization, apiToken };
    const tokens = clusterTokens(access, runner.cluster);
    return { runners: buildkiteRunners(buildkiteAgents(access)), issuer: buildkiteIssuer(tokens, poolId, now) };
  }
  const access = { ...url, organization: runner.owner, token: apiToken };
  const runners = githubRunners(access);
  const { runnerGroup: group, labels } = runner;
  const place = { jit: githubJit(access), runners, groups: githubRunnerGroups(access), group, labels };
  return { runners: githubPoolRunners(runners), issuer: githubIssuer(place, now) };
}
