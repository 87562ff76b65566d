import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { parameterPrefix } from "../../../controllers/pool/credentials.ts";
import type { Buildkite } from "../../../simulators/buildkite/server.ts";
import { agentCall } from "../../simulators/buildkite/support.ts";
import type { Shown } from "../pool/world.ts";

interface Agent {
  instanceId: string;
  token: string;
  id: string;
}

/** What Macs do with their credentials: fetch, delete, register, and go when they are told. */
export class BuildkiteMacs {
  readonly #ssm = new SSMClient({ region: "us-west-2", maxAttempts: 1 });
  readonly #server: Buildkite;
  readonly #prefix: string;
  #agents: Agent[] = [];

  constructor(server: Buildkite, fleetId: string, pool: string) {
    this.#server = server;
    this.#prefix = parameterPrefix(fleetId, pool);
  }

  /** Everything that the Macs do until the next look. */
  async work(instances: readonly Shown[]): Promise<void> {
    const running = instances.filter(({ state }) => state === "running");
    await this.#goOn(new Set(running.map(({ instanceId }) => instanceId)));
    for (const { instanceId, tags } of running) {
      const secret = await this.#fetch(instanceId);
      if (secret) await this.#register(`${tags.Name}-${instanceId}`, instanceId, secret);
    }
  }

  /** How many agents are there. */
  get registered(): number {
    return this.#agents.length;
  }

  close(): void {
    this.#ssm.destroy();
  }

  /** Agents say that they are there, which real ones do all the time. */
  beat(): void {
    for (const agent of this.#server.state.agents)
      if (this.#agents.some(({ id }) => id === agent.id)) agent.lastSeenAt = this.#server.clock.now();
  }

  /** Those whose Mac still runs stay, unless they have been told to go. */
  async #goOn(running: ReadonlySet<string>): Promise<void> {
    await this.#leave(({ id, instanceId }) => {
      const told = this.#server.state.agents.find((agent) => agent.id === id)?.told;
      return told !== undefined || !running.has(instanceId);
    });
  }

  async #leave(isLeaving: (agent: Agent) => boolean): Promise<void> {
    for (const { token } of this.#agents.filter(isLeaving)) await agentCall(this.#server, token, "POST", "disconnect");
    this.#agents = this.#agents.filter((agent) => !isLeaving(agent));
  }

  async #fetch(instanceId: string): Promise<string | undefined> {
    const Name = `${this.#prefix}/${instanceId}/credential`;
    try {
      const { Parameter } = await this.#ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
      await this.#ssm.send(new DeleteParameterCommand({ Name }));
      return Parameter?.Value;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  }

  async #register(name: string, instanceId: string, secret: string): Promise<void> {
    const registration = { name, hostname: name, version: "3.115.0", meta_data: ["queue=macs"] };
    const { status, body } = await agentCall(this.#server, secret, "POST", "register", registration);
    if (status !== 200) throw new Error(`${name} was refused: ${JSON.stringify(body)}`);
    await agentCall(this.#server, body.access_token, "POST", "connect");
    this.#agents.push({ instanceId, token: body.access_token, id: body.id });
  }
}
