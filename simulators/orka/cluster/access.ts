import type { ClusterState } from "./state.ts";
import { DEFAULT_NAMESPACE } from "./state.ts";
import { ApiError } from "./status.ts";

/** Who asks. Admins reach everything; a service account its own namespace and those that a rolebinding opens. */
export type Caller = { admin: true } | { admin: false; serviceAccount: string };

/** What a call needs: to be an admin, to reach its namespace, or only to be known (`read` of what is cluster-wide). */
export type Need = "admin" | "namespace" | "known";

/** Finds who a bearer token belongs to. @throws ApiError 401 when it is missing, unknown or expired */
export function callerOf(state: ClusterState, authorization: string | undefined, now: number): Caller {
  const token = authorization?.match(/^Bearer (.+)$/)?.[1];
  if (token && token === state.adminToken) return { admin: true };
  for (const account of state.serviceAccounts) {
    const issued = account.tokens.find((t) => t.token === token);
    if (issued && (issued.expiresAt ?? Infinity) > now) {
      return { admin: false, serviceAccount: `${account.namespace}:${account.name}` };
    }
  }
  throw unauthorized();
}

/** The answer to a token that is bad or too old. */
export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized");
}

/** Lets the call pass or refuses it. @throws ApiError 403 */
export function authorize(state: ClusterState, caller: Caller, need: Need, namespace: string, operation: string): void {
  if (caller.admin || need === "known") return;
  const own = caller.serviceAccount.split(":")[0];
  const bound = state.namespaces.find((n) => n.name === namespace)?.serviceAccounts ?? [];
  if (need === "namespace" && (own === namespace || bound.includes(caller.serviceAccount))) return;
  const [resource, verb] = operation.split(".");
  throw new ApiError(
    403,
    "Forbidden",
    `${resource} is forbidden: User "system:serviceaccount:${caller.serviceAccount}" cannot ${verb} resource "${resource}" in the namespace "${namespace}": Forbidden`,
  );
}

/** Makes sure that the namespace exists. @throws ApiError 404 */
export function requireNamespace(state: ClusterState, name: string): void {
  if (name === DEFAULT_NAMESPACE || state.namespaces.some((n) => n.name === name)) return;
  throw new ApiError(404, "NotFound", `namespaces "${name}" not found`);
}
