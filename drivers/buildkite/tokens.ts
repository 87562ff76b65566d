import { z } from "zod";
import { isFailure } from "../errors.ts";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { noAnswer, type RestAccess, restApi } from "./access.ts";

/** An agent token of a cluster, as a list shows it: never the secret. Times are ISO 8601. */
export interface ClusterToken {
  id: string;
  description: string;
  createdAt: string | undefined;
  /** From then on no agent registers with it. Agents that have registered stay connected. */
  expiresAt: string | undefined;
}

/** Agent tokens of one cluster (docs, "REST API, Clusters, Agent tokens"). Failures as in `JsonApi`. */
export interface ClusterTokens {
  list(options?: CallOptions): Promise<ClusterToken[]>;
  /** Makes a token that ends by itself. `secret` is shown this once. */
  create(
    order: { description: string; expiresAt: Date },
    options?: CallOptions,
  ): Promise<{ id: string; secret: string }>;
  /** Deletes a token; one that is gone already stays so. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

const tokenSchema = z
  .object({
    id: z.string(),
    description: z.string().nullish(),
    created_at: z.string().nullish(),
    expires_at: z.string().nullish(),
  })
  .transform(
    (token): ClusterToken => ({
      id: token.id,
      description: token.description ?? "",
      createdAt: token.created_at ?? undefined,
      expiresAt: token.expires_at ?? undefined,
    }),
  );
const createdSchema = z.object({ id: z.string(), token: z.string().min(1) });

const pageSize = 100;

/** Reads, makes and deletes the agent tokens of a cluster, which is named by its id. */
export function clusterTokens(access: RestAccess, clusterId: string, around?: Surroundings): ClusterTokens {
  const api = restApi(access, around);
  const cluster = `/organizations/${encodeURIComponent(access.organization)}/clusters/${encodeURIComponent(clusterId)}`;
  const path = `${cluster}/tokens`;
  return {
    async list(options) {
      const what = `listing the agent tokens of cluster ${clusterId}`;
      const query = { per_page: pageSize };
      const pages = await api.pages({ ...options, what, path, query, schema: z.array(tokenSchema) });
      // A token that comes or goes between two pages moves the others, so one may be seen twice.
      return [...new Map(pages.flat().map((token) => [token.id, token])).values()];
    },
    async create({ description, expiresAt }, options) {
      const what = `making an agent token of cluster ${clusterId}`;
      const body = { description, expires_at: expiresAt.toISOString() };
      const { data } = await api.call({ ...options, what, method: "POST", path, body, schema: createdSchema });
      return { id: data.id, secret: data.token };
    },
    async delete(id, options) {
      const what = `deleting the agent token ${id}`;
      const one = `${path}/${encodeURIComponent(id)}`;
      try {
        await api.call({ ...options, what, method: "DELETE", path: one, schema: noAnswer });
      } catch (error) {
        if (!isFailure(error, "not-found")) throw error;
      }
    },
  };
}
