import { z } from "zod";
import { ApiError, bodyAs, page, type Reply, type Route } from "../../http/route.ts";
import { type BuildkiteState, type ClusterTokenState, iso, newId, newToken } from "../state.ts";
import { type BuildkiteCall, requireApiToken } from "./access.ts";

/** @throws ApiError 401, 404 for a cluster that is not there */
function requireCluster(call: BuildkiteCall): void {
  requireApiToken(call);
  if (call.params.cluster !== call.state.clusterId) throw new ApiError(404, "No cluster found");
}

function tokenOf(call: BuildkiteCall): ClusterTokenState {
  requireCluster(call);
  const token = call.state.clusterTokens.find(({ id }) => id === call.params.id);
  if (!token) throw new ApiError(404, "No token found");
  return token;
}

/** The secret is shown once, to whoever makes the token. */
function describeToken({ id, description, createdAt, expiresAt }: ClusterTokenState, call: BuildkiteCall) {
  const cluster = `${call.url.origin}/v2/organizations/${call.state.organization}/clusters/${call.state.clusterId}`;
  return {
    id,
    description,
    allowed_ip_addresses: "0.0.0.0/0",
    expires_at: iso(expiresAt),
    url: `${cluster}/tokens/${id}`,
    cluster_url: cluster,
    created_at: iso(createdAt),
  };
}

function listTokens(call: BuildkiteCall): Reply {
  requireCluster(call);
  const { items, headers } = page(call, call.state.clusterTokens);
  return { body: items.map((token) => describeToken(token, call)), headers };
}

const newClusterToken = z.object({ description: z.string().min(1), expires_at: z.iso.datetime().optional() });

function createToken(call: BuildkiteCall): Reply {
  requireCluster(call);
  const { description, expires_at: expires } = bodyAs(newClusterToken, call);
  const expiresAt = expires === undefined ? undefined : Date.parse(expires);
  if (expiresAt !== undefined && expiresAt <= call.now)
    throw new ApiError(422, "Validation failed", { errors: [{ field: "expires_at", code: "must be in the future" }] });
  const token = { id: newId(), secret: newToken(), description, createdAt: call.now, expiresAt };
  call.state.clusterTokens.push(token);
  return { status: 201, body: { ...describeToken(token, call), token: token.secret } };
}

function deleteToken(call: BuildkiteCall): Reply {
  const gone = tokenOf(call);
  call.state.clusterTokens = call.state.clusterTokens.filter((token) => token !== gone);
  return { status: 204 };
}

const tokens = "/v2/organizations/:organization/clusters/:cluster/tokens";

/** The REST API's part about the agent tokens of the cluster. */
export const tokenRoutes: readonly Route<BuildkiteState>[] = [
  { method: "GET", path: tokens, operation: "tokens.list", run: listTokens },
  { method: "POST", path: tokens, operation: "tokens.create", run: createToken },
  {
    method: "GET",
    path: `${tokens}/:id`,
    operation: "tokens.get",
    run: (call) => ({ body: describeToken(tokenOf(call), call) }),
  },
  { method: "DELETE", path: `${tokens}/:id`, operation: "tokens.delete", run: deleteToken },
];
