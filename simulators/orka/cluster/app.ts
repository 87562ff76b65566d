import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { Hono } from "hono";
import { authorize, callerOf, requireNamespace, unauthorized } from "./access.ts";
import { accountRoutes } from "./account-routes.ts";
import type { Clock } from "./clock.ts";
import { advance } from "./clock.ts";
import type { Fault } from "./faults.ts";
import { takeFault } from "./faults.ts";
import { DIE_HEADER, QUIRKS_HEADER } from "./headers.ts";
import { inventoryRoutes } from "./inventory-routes.ts";
import type { Route } from "./route.ts";
import type { ClusterState } from "./state.ts";
import { DEFAULT_NAMESPACE } from "./state.ts";
import { ApiError, statusBody } from "./status.ts";
import { vmRoutes } from "./vm-routes.ts";

type Env = { Bindings: HttpBindings };

/** What the HTTP interface serves. `save` is called after each change. */
export interface Backend {
  state: ClusterState;
  clock: Clock;
  bootSeconds: number;
  jobSeconds: number;
  save(): void;
}

/** The HTTP interface: the Orka API under `/api/v1`, the Kubernetes API under `/kube`. */
export function clusterApp(backend: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/api/v1/cluster-info", (c) => c.json(clusterInfo(new URL(c.req.url).origin)));
  for (const route of [...vmRoutes, ...inventoryRoutes, ...accountRoutes]) {
    app.on(route.method, route.path, (c) => serve(backend, route, c));
  }
  app.notFound((c) =>
    c.json(statusBody(new ApiError(404, "NotFound", "the server could not find the requested resource")), 404),
  );
  return app;
}

function clusterInfo(origin: string): object {
  return {
    apiDomain: new URL(origin).hostname,
    apiEndpoint: `${origin}/kube`,
    appClientId: "simulated",
    baseOauthEndpoint: `${origin}/oauth`,
    certData: "",
    gpuPassthroughEnabled: false,
  };
}

async function serve(backend: Backend, route: Route, c: Context<Env>): Promise<Response> {
  const { state } = backend;
  const body = route.method === "GET" || route.method === "DELETE" ? {} : await c.req.json();
  const now = backend.clock();
  advance(state, now);
  const fault = takeFault(state, route.operation);
  c.header(QUIRKS_HEADER, encodeURIComponent(JSON.stringify(state.quirks)));
  try {
    const namespace = c.req.param("namespace") ?? DEFAULT_NAMESPACE;
    turnDown(fault);
    authorize(state, callerOf(state, c.req.header("authorization"), now), route.need, namespace, route.operation);
    requireNamespace(state, namespace);
    const request = { state, now, namespace, name: c.req.param("name") ?? "", body, fault, ...durations(backend) };
    const answer = route.run(request) ?? { status: "Success" };
    if (fault?.effect === "answer-lost") c.env.incoming.socket.destroy();
    if (fault?.effect === "client-killed") c.header(DIE_HEADER, "1");
    return c.json(answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return c.json(statusBody(error), error.code as 400);
  } finally {
    if (fault || route.method !== "GET") backend.save();
  }
}

function durations({ bootSeconds, jobSeconds }: Backend): { bootSeconds: number; jobSeconds: number } {
  return { bootSeconds, jobSeconds };
}

/** Plays the faults that stop a call before anything is carried out. */
function turnDown(fault: Fault | undefined): void {
  if (fault?.effect === "unauthorized") throw unauthorized();
  if (fault?.effect === "server-error") {
    throw new ApiError(500, "InternalError", fault.message ?? "Internal error occurred: etcdserver: request timed out");
  }
  if (fault?.effect === "refused") throw new ApiError(403, "Forbidden", fault.message ?? "denied the request");
}
