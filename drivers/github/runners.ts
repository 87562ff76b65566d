import { z } from "zod";
import { isFailure } from "../errors.ts";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { type GithubAccess, githubApi, pageSize } from "./access.ts";

/** A self-hosted runner as GitHub shows it. */
export interface GithubRunner {
  id: number;
  name: string;
  /** `macos`, in GitHub's spelling; empty or `unknown` until it connected for the first time. */
  os: string;
  /** It is connected. Right after a reboot this lags behind by up to a minute. */
  online: boolean;
  /** It runs a job. */
  busy: boolean;
  labels: readonly string[];
  /** Often absent: the groups know their runners, the runners not their group. */
  groupId: number | undefined;
}

/** What `config.sh --token` takes. Valid for an hour. */
export interface RegistrationToken {
  token: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** The self-hosted runners of an organization. Failures as in `JsonApi`. */
export interface GithubRunners {
  /** All of them, or the one with this name. */
  list(filter?: { name?: string }, options?: CallOptions): Promise<GithubRunner[]>;
  /** One runner; undefined when there is none. */
  get(id: number, options?: CallOptions): Promise<GithubRunner | undefined>;
  /** Deregisters. Succeeds when it is gone already. @throws DriverError `in-use` while it runs a job */
  remove(id: number, options?: CallOptions): Promise<void>;
  registrationToken(options?: CallOptions): Promise<RegistrationToken>;
}

/** The shape of a runner in every answer that holds one. */
export const runnerSchema = z
  .object({
    id: z.number(),
    name: z.string(),
    os: z.string().nullish(),
    status: z.string().nullish(),
    busy: z.boolean().nullish(),
    labels: z.array(z.object({ name: z.string() })).nullish(),
    runner_group_id: z.number().nullish(),
  })
  .transform(
    (runner): GithubRunner => ({
      id: runner.id,
      name: runner.name,
      os: runner.os ?? "",
      online: runner.status === "online",
      busy: runner.busy ?? false,
      labels: (runner.labels ?? []).map((label) => label.name),
      groupId: runner.runner_group_id ?? undefined,
    }),
  );

/** A page of runners. */
export const runnersSchema = z.object({ total_count: z.number(), runners: z.array(runnerSchema) });
const tokenSchema = z.object({ token: z.string(), expires_at: z.string() });

/** Reads and removes the runners of an organization. */
export function githubRunners(access: GithubAccess, around?: Surroundings): GithubRunners {
  const api = githubApi(access, around);
  const one = (id: number) => api.actions(`/runners/${id}`);
  return {
    async list(filter = {}, options) {
      const what = `listing the runners of ${access.organization}`;
      const query = { name: filter.name, per_page: pageSize };
      const pages = await api.pages({ ...options, what, path: api.actions("/runners"), query, schema: runnersSchema });
      return distinct(pages.flatMap((page) => page.runners));
    },
    async get(id, options) {
      try {
        return (
          await api.call({ ...options, what: `looking for the runner ${id}`, path: one(id), schema: runnerSchema })
        ).data;
      } catch (error) {
        if (isFailure(error, "not-found")) return undefined;
        throw error;
      }
    },
    async remove(id, options) {
      const what = `removing the runner ${id}`;
      const kindOf = (status: number, text: string) =>
        status === 422 && /running a job/.test(text) ? ("in-use" as const) : undefined;
      try {
        await api.call({ ...options, what, method: "DELETE", path: one(id), schema: z.unknown(), kindOf });
      } catch (error) {
        if (!isFailure(error, "not-found")) throw error;
      }
    },
    async registrationToken(options) {
      const what = `getting a registration token for ${access.organization}`;
      const path = api.actions("/runners/registration-token");
      const { data } = await api.call({ ...options, what, method: "POST", path, schema: tokenSchema });
      return { token: data.token, expiresAt: data.expires_at };
    },
  };
}

/** A runner that comes or goes between two pages moves the others, so one may be seen twice. */
export function distinct<T extends { id: number }>(things: readonly T[]): T[] {
  return [...new Map(things.map((thing) => [thing.id, thing])).values()];
}
