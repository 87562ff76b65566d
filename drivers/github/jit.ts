import { z } from "zod";
import { DriverError, isFailure } from "../errors.ts";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { type GithubAccess, githubApi } from "./access.ts";
import { type GithubRunner, githubRunners, runnerSchema } from "./runners.ts";

/** A runner that takes one job and is gone. */
export interface JitRunnerRequest {
  /** Unique in the organization. */
  name: string;
  /** GitHub has no default. */
  groupId: number;
  /** 1 to 100. Unlike with `config.sh`, `self-hosted` and the like are not added. */
  labels: readonly [string, ...string[]];
  /** Below the runner's folder. */
  workFolder?: string;
}

/** What starts such a runner, once. */
export interface JitRunner {
  /** A secret: give it to `run.sh` in the environment as `ACTIONS_RUNNER_INPUT_JITCONFIG`. */
  encodedJitConfig: string;
  runner: GithubRunner;
}

/** Just-in-time runners. Failures as in `JsonApi`. */
export interface GithubJit {
  /**
   * Registers a runner. A name that is taken by a runner of ours that is offline and idle (one that was killed before its
   * job leaves its registration behind, and so does an answer that got lost) is freed first.
   * @throws DriverError `not-ours` when the name belongs to somebody else, `in-use` when its runner is at work
   */
  register(
    request: JitRunnerRequest,
    isOurs: (runner: GithubRunner) => boolean,
    options?: CallOptions,
  ): Promise<JitRunner>;
}

const answerSchema = z.object({ encoded_jit_config: z.string().min(1), runner: runnerSchema });

/** Registers just-in-time runners of an organization. */
export function githubJit(access: GithubAccess, around?: Surroundings): GithubJit {
  const api = githubApi(access, around);
  const runners = githubRunners(access, around);
  const generate = async (request: JitRunnerRequest, options: CallOptions | undefined): Promise<JitRunner> => {
    const { name, groupId, labels, workFolder = "_work" } = request;
    const { data } = await api.call({
      ...options,
      what: `registering the runner ${name}`,
      method: "POST",
      path: api.actions("/runners/generate-jitconfig"),
      body: { name, runner_group_id: groupId, labels, work_folder: workFolder },
      schema: answerSchema,
    });
    return { encodedJitConfig: data.encoded_jit_config, runner: data.runner };
  };
  return {
    async register(request, isOurs, options) {
      try {
        return await generate(request, options);
      } catch (error) {
        if (!isFailure(error, "already-exists")) throw error;
        const found = await runners.list({ name: request.name }, options);
        const holder = found.find((runner) => runner.name.toLowerCase() === request.name.toLowerCase());
        if (holder) {
          refuseToReplace(holder, isOurs, error);
          await runners.remove(holder.id, options);
        }
        return generate(request, options);
      }
    },
  };
}

function refuseToReplace(holder: GithubRunner, isOurs: (runner: GithubRunner) => boolean, cause: DriverError): void {
  const what = `the name ${holder.name} is taken by the runner ${holder.id}`;
  const { vendorText } = cause;
  if (!isOurs(holder)) {
    const hint = "It was not made by this fleet, so it is left alone. Use another name.";
    throw new DriverError(what, { kind: "not-ours", vendorText, hint, cause });
  }
  if (holder.online || holder.busy) {
    const hint = "It is at work. Wait until its job is over.";
    throw new DriverError(what, { kind: "in-use", vendorText, hint, cause });
  }
}
