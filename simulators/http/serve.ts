import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Fault, FaultQueue } from "./faults.ts";
import { ApiError, type Reply, type Route } from "./route.ts";

/** What a simulator serves. */
export interface Service<State> {
  state: State;
  routes: readonly Route<State>[];
  faults: FaultQueue;
  /** Simulated ms since 1970. */
  now(): number;
  /** Lets everything happen that is due; before each call. */
  advance(now: number): void;
  /** Turns calls down when there are too many; the returned headers go with the answer. */
  limit?(operation: string, path: string, now: number): Record<string, string>;
}

/** A server that listens on the loopback interface. */
export interface Listening {
  /** Without a slash at its end. */
  url: string;
  /** Ends at once, open connections included. */
  close(): Promise<void>;
}

/** The operation of what steers the simulator itself, which no fault meets. */
export const CONTROL = "_sim";

type Env = { Bindings: HttpBindings };

/** Serves the routes. @param port 0 lets the computer choose */
export async function listen<State>(service: Service<State>, port = 0): Promise<Listening> {
  const app = new Hono<Env>();
  for (const route of service.routes) app.on(route.method, route.path, (context) => serve(service, route, context));
  app.notFound((context) => context.json({ message: "Not Found" }, 404));
  const server = createAdaptorServer({ fetch: app.fetch });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function serve<State>(service: Service<State>, route: Route<State>, context: Context<Env>): Promise<Response> {
  const { state, faults } = service;
  const url = new URL(context.req.url);
  const text = await context.req.text();
  const fault = route.operation === CONTROL ? undefined : faults.take(route.operation);
  if (fault?.effect === "slow") await sleep(fault.delayMs);
  const now = service.now();
  service.advance(now);
  try {
    turnDown(fault);
    const headers = service.limit?.(route.operation, url.pathname, now);
    const reply = route.run({
      state,
      now,
      params: context.req.param() as Record<string, string>,
      query: url.searchParams,
      body: parse(text),
      header: (name) => context.req.header(name),
      url,
      fault,
    });
    if (fault?.effect === "answer-lost") context.env.incoming.socket.destroy();
    return answer({ ...reply, headers: { ...headers, ...reply.headers } });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return answer(error);
  }
}

function answer({ status = 200, body, headers = {} }: Reply): Response {
  if (body === undefined) return new Response(null, { status, headers });
  return Response.json(body, { status, headers });
}

function parse(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
}

/** Plays the faults that stop a call before anything is done. */
function turnDown(fault: Fault | undefined): void {
  switch (fault?.effect) {
    case "unauthorized":
      throw new ApiError(401, "Unauthorized");
    case "forbidden":
      throw new ApiError(403, "Forbidden");
    case "server-error":
      throw new ApiError(500, "Internal Server Error");
    case "rate-limited": {
      const headers = { "Retry-After": String(fault.retryAfterSeconds) };
      throw new ApiError(429, "You have exceeded your API rate limit.", {}, headers);
    }
  }
}
