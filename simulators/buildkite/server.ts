import { createSimClock, type SimClock } from "../ec2-mac/clock.ts";
import { FaultQueue } from "../http/faults.ts";
import { listen } from "../http/serve.ts";
import { agentRoutes } from "./api/agent-routes.ts";
import { controlRoutes } from "./api/control-routes.ts";
import { jobRoutes } from "./api/job-routes.ts";
import { metricsRoutes } from "./api/metrics-routes.ts";
import { restRoutes } from "./api/rest-routes.ts";
import { stackRoutes } from "./api/stack-routes.ts";
import { tokenRoutes } from "./api/token-routes.ts";
import { RateLimits } from "./limits.ts";
import { advance } from "./rules.ts";
import { type BuildkiteState, newId, newToken } from "./state.ts";

/** How to set up a simulated Buildkite: one organization with one cluster. */
export interface BuildkiteOptions {
  /** Loopback port; 0, the default, takes a free one. */
  port?: number;
  /** Default: real time. */
  clock?: SimClock;
  /** The organization's slug; default `acme`. */
  organization?: string;
  /** The cluster's id, a UUID; default: a random one. */
  clusterId?: string;
  /** Default: a random one. */
  agentToken?: string;
  /** Default: a random one. */
  apiToken?: string;
  /** How many stacks the organization may have; default 10. */
  stackLimit?: number;
  /** What agents are told; default 10. */
  pingIntervalSeconds?: number;
  /** What readers of metrics are told; default 10. */
  metricsPollSeconds?: number;
}

/** A running simulated Buildkite. */
export interface Buildkite {
  /** Without a slash at its end. */
  url: string;
  /** For agents, metrics and stacks. */
  agentApiUrl: string;
  /** For everything that people and their programs do. */
  restUrl: string;
  agentToken: string;
  apiToken: string;
  /** What is so right now, for tests. */
  state: BuildkiteState;
  clock: SimClock;
  faults: FaultQueue;
  close(): Promise<void>;
}

/** Starts it on the loopback interface. It forgets everything when it ends. */
export async function startBuildkite(options: BuildkiteOptions = {}): Promise<Buildkite> {
  const { agentToken = newToken(), apiToken = newToken(), clock = createSimClock() } = options;
  const state: BuildkiteState = {
    organization: options.organization ?? "acme",
    cluster: "macs",
    clusterId: options.clusterId ?? newId(),
    agentTokens: [agentToken],
    clusterTokens: [],
    apiTokens: [apiToken],
    stackLimit: options.stackLimit ?? 10,
    pingIntervalSeconds: options.pingIntervalSeconds ?? 10,
    metricsPollSeconds: options.metricsPollSeconds ?? 10,
    agents: [],
    jobs: [],
    builds: [],
    queues: [{ id: newId(), key: "default", dispatchPaused: false }],
    stacks: [],
  };
  const faults = new FaultQueue();
  const limits = new RateLimits();
  const service = {
    state,
    faults,
    routes: [
      ...agentRoutes,
      ...jobRoutes,
      ...metricsRoutes,
      ...stackRoutes,
      ...restRoutes,
      ...tokenRoutes,
      ...controlRoutes(faults, clock),
    ],
    now: clock.now,
    advance: (now: number) => advance(state, now),
    limit: (operation: string, path: string, now: number) => limits.count(operation, path, now),
  };
  const { url, close } = await listen(service, options.port);
  return { url, agentApiUrl: `${url}/v3`, restUrl: `${url}/v2`, agentToken, apiToken, state, clock, faults, close };
}
