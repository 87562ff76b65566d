import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { parameterPrefix } from "../../../controllers/pool/credentials.ts";
import { decodeJitConfig } from "../../../simulators/github/jit-config.ts";
import { assign, complete, jobFor } from "../../../simulators/github/rules.ts";
import type { Github } from "../../../simulators/github/server.ts";
import type { Shown } from "../pool/world.ts";

/** What Macs do with one-job credentials: fetch, delete, take a job, and fetch the next. */
export class GithubMacs {
  readonly #ssm = new SSMClient({ region: "us-west-2", maxAttempts: 1 });
  readonly #server: Github;
  readonly #prefix: string;
  /** The runner's id, by instance. */
  readonly #runners = new Map<string, number>();

  constructor(server: Github, fleetId: string, pool: string) {
    this.#server = server;
    this.#prefix = parameterPrefix(fleetId, pool);
  }

  /** Each Mac finishes its job, and goes on with the credential that waits for it. */
  async work(instances: readonly Shown[]): Promise<void> {
    const { state, clock } = this.#server;
    for (const job of state.jobs.filter(({ status }) => status === "in_progress"))
      complete(state, job, "success", clock.now());
    for (const { instanceId, state: word } of instances) {
      if (word !== "running") this.#runners.delete(instanceId);
      else if (!this.#runnerOf(instanceId)) await this.#fetch(instanceId);
      this.#takeJob(instanceId);
    }
  }

  beat(): void {
    for (const id of this.#runners.values()) {
      const runner = this.#server.state.runners.find((each) => each.id === id);
      if (runner) runner.session = { lastSeenAt: this.#server.clock.now() };
    }
  }

  close(): void {
    this.#ssm.destroy();
  }

  #runnerOf(instanceId: string) {
    return this.#server.state.runners.find(({ id }) => id === this.#runners.get(instanceId));
  }

  async #fetch(instanceId: string): Promise<void> {
    const Name = `${this.#prefix}/${instanceId}/credential`;
    try {
      const { Parameter } = await this.#ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
      await this.#ssm.send(new DeleteParameterCommand({ Name }));
      const { AgentId } = JSON.parse(decodeJitConfig(Parameter?.Value ?? "").get(".runner") ?? "{}");
      this.#runners.set(instanceId, Number(AgentId));
      this.beat();
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }

  #takeJob(instanceId: string): void {
    const { state, clock } = this.#server;
    const runner = this.#runnerOf(instanceId);
    const job = runner && jobFor(state, runner);
    if (runner && job) assign(job, runner, clock.now());
  }
}
