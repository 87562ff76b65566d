import { after } from "node:test";
import { type Buildkite, type BuildkiteOptions, startBuildkite } from "../../../simulators/buildkite/server.ts";
import type { SimClock } from "../../../simulators/ec2-mac/clock.ts";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";

/** A clock that stands still until a test moves it. */
export function stillClock(): SimClock {
  return createSimClock({ startsAt: Date.UTC(2026, 0, 1), rate: 0 });
}

/** A simulated Buildkite for one test file, on a still clock. */
export async function buildkite(options: BuildkiteOptions = {}): Promise<Buildkite> {
  const server = await startBuildkite({ clock: stillClock(), ...options });
  after(() => server.close());
  return server;
}

/** An agent of the API that a test plays by hand. */
export interface HandAgent {
  id: string;
  call(method: string, path: string, body?: object, token?: string): Promise<Answer>;
}

/** A status and a parsed body. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  body: any;
}

/** One call of the agent API with a token. */
export async function agentCall(server: Buildkite, token: string, method: string, path: string, body?: object) {
  const response = await fetch(`${server.agentApiUrl}/${path}`, {
    method,
    headers: { authorization: `Token ${token}`, "x-buildkite-lock-acquire-job": "1" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) } as Answer;
}

/** Registers and connects an agent. */
export async function connectAgent(server: Buildkite, name: string, tags: string[] = [], more: object = {}) {
  const registration = { name, hostname: `${name}.local`, version: "3.115.0", meta_data: tags, ...more };
  const { body } = await agentCall(server, server.agentToken, "POST", "register", registration);
  const call: HandAgent["call"] = (method, path, content, token = body.access_token) =>
    agentCall(server, token, method, path, content);
  await call("POST", "connect");
  return { id: body.id as string, call };
}
