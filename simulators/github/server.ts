import { randomBytes } from "node:crypto";
import { createSimClock, type SimClock } from "../ec2-mac/clock.ts";
import { FaultQueue } from "../http/faults.ts";
import { listen } from "../http/serve.ts";
import { groupRoutes } from "./api/group-routes.ts";
import { jobRoutes } from "./api/job-routes.ts";
import { runRoutes } from "./api/run-routes.ts";
import { runnerRoutes } from "./api/runner-routes.ts";
import { serviceRoutes } from "./api/service-routes.ts";
import { advance } from "./rules.ts";
import type { GithubState, GroupState } from "./state.ts";

/** How to set up a simulated GitHub: one organization. */
export interface GithubOptions {
  /** Loopback port; 0, the default, takes a free one. */
  port?: number;
  /** Default: real time. */
  clock?: SimClock;
  /** Default `acme`. */
  organization?: string;
  /** For the REST API. Default: a random one. */
  token?: string;
  /** Groups that somebody else keeps, beside GitHub's own. Default: those that are made here. */
  groups?: () => GroupState[];
  /** Older runners cannot register; default 2.329.0, enforced since March 2026. */
  registrationFloor?: string;
  /** Older runners get no job. Default: none is too old. */
  messageFloor?: string;
}

/** A running simulated GitHub. */
export interface Github {
  /** Of the REST API, without a slash at its end. */
  url: string;
  token: string;
  /** What is so right now, for tests. */
  state: GithubState;
  clock: SimClock;
  faults: FaultQueue;
  close(): Promise<void>;
}

const defaultGroup: GroupState = {
  id: 1,
  name: "Default",
  visibility: "all",
  repositoryIds: [],
  allowsPublicRepositories: false,
  isDefault: true,
};

/** Starts it on the loopback interface. It forgets everything when it ends. */
export async function startGithub(options: GithubOptions = {}): Promise<Github> {
  const { token = `ghs_${randomBytes(18).toString("hex")}`, clock = createSimClock() } = options;
  const state: GithubState = {
    organization: options.organization ?? "acme",
    tokens: [token],
    registrationFloor: options.registrationFloor ?? "2.329.0",
    messageFloor: options.messageFloor ?? "0.0.0",
    nextId: 1,
    repositories: [],
    groups: [defaultGroup],
    runners: [],
    jobs: [],
  };
  const { groups } = options;
  if (groups) Object.defineProperty(state, "groups", { get: () => [defaultGroup, ...groups()] });
  const faults = new FaultQueue();
  const service = {
    state,
    faults,
    routes: [...runnerRoutes, ...groupRoutes, ...serviceRoutes, ...runRoutes, ...jobRoutes(faults, clock)],
    now: clock.now,
    advance: (now: number) => advance(state, now),
  };
  const { url, close } = await listen(service, options.port);
  return { url, token, state, clock, faults, close };
}
