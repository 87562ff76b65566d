import type { Need } from "./access.ts";
import type { Fault } from "./faults.ts";
import type { ClusterState } from "./state.ts";
import { ApiError } from "./status.ts";

/** What a route works with. `now` is simulated ms. */
export interface Request {
  state: ClusterState;
  now: number;
  namespace: string;
  /** The last name in the path; empty for a list. */
  name: string;
  body: Record<string, unknown>;
  /** A planned fault that the route itself has to play. */
  fault: Fault | undefined;
  /** How long a VM takes to boot, simulated seconds. */
  bootSeconds: number;
  /** How long a copy, save, commit, push or caching takes, simulated seconds. */
  jobSeconds: number;
}

/** One call that the cluster understands. `operation` is what faults and refusals name it by. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  operation: string;
  need: Need;
  run(request: Request): unknown;
}

/** A list in the Kubernetes shape. */
export function listOf(items: unknown[]): object {
  return { kind: "List", apiVersion: "v1", items };
}

/** When a job that starts now is done, simulated ms. */
export function jobEnd(request: Request): number {
  return request.now + request.jobSeconds * 1000;
}

/** A text from the body. @throws ApiError 400 when it is missing or of another type */
export function text(request: Request, key: string): string {
  const value = request.body[key];
  if (typeof value !== "string") throw new ApiError(400, "BadRequest", `${key} must be a string`);
  return value;
}

/** A number from the body. @throws ApiError 400 when it is missing or of another type */
export function number(request: Request, key: string): number {
  const value = request.body[key];
  if (typeof value !== "number") throw new ApiError(400, "BadRequest", `${key} must be a number`);
  return value;
}
