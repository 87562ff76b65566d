import { randomBytes } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { clusterApp } from "./cluster/app.ts";
import type { Clock } from "./cluster/clock.ts";
import { failNode, fastClock } from "./cluster/clock.ts";
import { controlRoutes } from "./cluster/control.ts";
import type { Fault, Quirks } from "./cluster/faults.ts";
import type { ClusterState, NodeState } from "./cluster/state.ts";
import { DEFAULT_NAMESPACE, loadState, saveState } from "./cluster/state.ts";

/** A Mac to start with. Memory in GB. */
export interface NodeSpec {
  name: string;
  ip: string;
  cpu: number;
  memoryGb: number;
  tags?: string[];
  namespace?: string;
}

/** An image to start with. */
export interface ImageSpec {
  name: string;
  sizeGb: number;
  description?: string;
}

/** How a simulated cluster is set up. `nodes` and `images` count only when the state file does not exist yet. */
export interface ClusterOptions {
  stateFile: string;
  nodes: NodeSpec[];
  images: ImageSpec[];
  /** The token of an administrator. Default: a random one, kept in the state file. */
  token?: string;
  /** Default 0: the computer chooses. */
  port?: number;
  /** How long a VM takes to boot, in simulated seconds. Default 30. */
  bootSeconds?: number;
  /** How long a copy, save, commit, push or caching takes, in simulated seconds. Default 60. */
  jobSeconds?: number;
  /** Simulated seconds in each real one. Default 1. */
  speed?: number;
  /** Simulated time in ms, instead of `speed`. */
  clock?: Clock;
}

/** A running cluster. `url` is what `orka3 config set --api-url` takes. */
export interface Cluster {
  url: string;
  token: string;
  /** What the cluster knows right now, for tests. */
  state: ClusterState;
  /** Plans a fault. */
  inject(fault: Fault): void;
  /** Plays another version of orka3. */
  setQuirks(quirks: Quirks): void;
  /** Makes a node `NOT READY`; its VMs stay Pending. */
  failNode(name: string): void;
  /** Stops the server at once; the state file stays. */
  close(): Promise<void>;
}

/** Starts a cluster on the loopback interface, with the state that its file holds. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const state = loadState(options.stateFile) ?? freshState(options);
  state.adminToken = options.token ?? state.adminToken;
  const backend = {
    state,
    clock: options.clock ?? fastClock(Math.max(Date.now(), state.savedAt), options.speed ?? 1),
    bootSeconds: options.bootSeconds ?? 30,
    jobSeconds: options.jobSeconds ?? 60,
    save: () => saveState(options.stateFile, state),
  };
  const controls = {
    inject: (fault: Fault) => void state.faults.push(fault),
    setQuirks: (quirks: Quirks) => {
      state.quirks = quirks;
    },
    failNode: (name: string) => failNode(state, name),
  };
  const app = clusterApp(backend).route("/sim", controlRoutes(controls, backend));
  const server = createAdaptorServer({ fetch: app.fetch });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  backend.save();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: state.adminToken,
    state,
    ...controls,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function freshState(options: ClusterOptions): ClusterState {
  const nodes: NodeState[] = options.nodes.map((node) => ({
    ...node,
    tags: node.tags ?? [],
    namespace: node.namespace ?? DEFAULT_NAMESPACE,
    phase: "READY",
    cache: [],
  }));
  const names = new Set([DEFAULT_NAMESPACE, ...nodes.map((node) => node.namespace)]);
  return {
    savedAt: 0,
    // A command takes it as an argument, so it must not begin with a dash; real ones do not.
    adminToken: randomBytes(24).toString("hex"),
    nodes,
    images: options.images.map((image) => ({ ...image, description: image.description ?? "" })),
    vmConfigs: [],
    vms: [],
    serviceAccounts: [],
    namespaces: [...names].map((name) => ({ name, customPods: false, users: [], serviceAccounts: [] })),
    registryCredentials: [],
    pushJobs: [],
    faults: [],
    quirks: {},
  };
}
