import { createHash } from "node:crypto";
import { z } from "zod";
import { DriverError } from "../errors.ts";
import { basicAuthorization, parseChallenge, type RegistryCredentials, readToken, tokenUrl } from "./auth.ts";
import { connectionFailure, statusFailure } from "./errors.ts";

/** Which registry. */
export interface RegistryTarget {
  /** Host and optional port. */
  address: string;
  /** It speaks plain HTTP. */
  insecure?: boolean;
  credentials?: RegistryCredentials;
}

/** For any call. */
export interface RegistryCallOptions {
  /** For each request; default 30. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** A manifest as it is stored. */
export interface StoredManifest {
  /** `sha256:…` of `body`. */
  digest: string;
  mediaType: string;
  /** Byte for byte; the digest depends on it. */
  body: string;
}

/**
 * An OCI registry (distribution specification 1.1). A reference is a tag or a digest. Failures are DriverErrors:
 * `access-denied`, `not-found`, `rate-limited`, `unreachable`, `timeout`, `aborted`, `unexpected-output`, `failed`.
 */
export interface OciRegistry {
  /** Says whether the registry answers and lets us in. */
  ping(options?: RegistryCallOptions): Promise<void>;
  /** The digest behind a reference; undefined when there is none. */
  headManifest(repository: string, reference: string, options?: RegistryCallOptions): Promise<string | undefined>;
  getManifest(repository: string, reference: string, options?: RegistryCallOptions): Promise<StoredManifest>;
  /** All tags, however many pages they take; none for a repository that is not there. */
  listTags(repository: string, options?: RegistryCallOptions): Promise<string[]>;
  /** Deletes an image with all its tags. Succeeds when it is gone already. */
  deleteManifest(repository: string, digest: string, options?: RegistryCallOptions): Promise<void>;
  /** Lets a tag mean what `reference` means, without moving any content. @returns the digest */
  retag(repository: string, reference: string, tag: string, options?: RegistryCallOptions): Promise<string>;
}

interface RegistryRequest extends RegistryCallOptions {
  method?: "GET" | "HEAD" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
  /** Statuses besides 2xx that are answers. */
  allow?: readonly number[];
}

const defaultTimeoutSeconds = 30;
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const accepted = [
  ociManifest,
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");
const tagsSchema = z.looseObject({ tags: z.array(z.string()).nullish() });

/** Speaks to a registry. */
export function ociRegistry(target: RegistryTarget, fetcher: typeof fetch = fetch): OciRegistry {
  const request = requester(target, fetcher);
  const path = (repository: string, kind: string, reference: string) => `/v2/${repository}/${kind}/${reference}`;
  const named = (repository: string, reference: string) =>
    `${target.address}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;

  const getManifest: OciRegistry["getManifest"] = async (repository, reference, options) => {
    const what = `getting the manifest of ${named(repository, reference)}`;
    const headers = { Accept: accepted };
    const response = await request(what, path(repository, "manifests", reference), { ...options, headers });
    const body = await response.text();
    const digest = digestOf(body);
    const claimed = reference.includes(":") ? reference : response.headers.get("docker-content-digest");
    if (claimed && claimed !== digest) throw wrongContent(what, claimed, digest);
    return { digest, mediaType: response.headers.get("content-type")?.split(";")[0] ?? ociManifest, body };
  };
  return {
    getManifest,
    async ping(options) {
      await request(`asking ${target.address}`, "/v2/", options);
    },
    async headManifest(repository, reference, options) {
      const what = `looking for ${named(repository, reference)}`;
      const head = { method: "HEAD", headers: { Accept: accepted }, allow: [404] } as const;
      const response = await request(what, path(repository, "manifests", reference), { ...options, ...head });
      if (response.status === 404) return undefined;
      return (
        response.headers.get("docker-content-digest") ?? (await getManifest(repository, reference, options)).digest
      );
    },
    async listTags(repository, options) {
      const what = `listing the tags of ${target.address}/${repository}`;
      const tags: string[] = [];
      let page: string | undefined = path(repository, "tags", "list");
      while (page) {
        const response: Response = await request(what, page, { ...options, allow: [404] });
        if (response.status === 404) return tags;
        tags.push(...(await readTags(what, response)));
        page = nextPage(response.headers.get("link"), response.url);
      }
      return tags;
    },
    async deleteManifest(repository, digest, options) {
      const what = `deleting ${named(repository, digest)}`;
      await request(what, path(repository, "manifests", digest), { ...options, method: "DELETE", allow: [404] });
    },
    async retag(repository, reference, tag, options) {
      const { body, digest, mediaType } = await getManifest(repository, reference, options);
      const what = `tagging ${named(repository, reference)} as ${tag}`;
      const put = { method: "PUT", headers: { "Content-Type": mediaType }, body } as const;
      await request(what, path(repository, "manifests", tag), { ...options, ...put });
      return digest;
    },
  };
}

type Requester = (what: string, to: string, options?: RegistryRequest) => Promise<Response>;

/** Sends requests; after a 401 it gets what the registry asks for and tries once more. */
function requester(target: RegistryTarget, fetcher: typeof fetch): Requester {
  const { address, insecure = false, credentials } = target;
  const base = `${insecure ? "http" : "https"}://${address}`;
  const basic = credentials && basicAuthorization(credentials);
  let authorization: string | undefined;

  const send: Requester = async (what, to, { method = "GET", headers, body, timeoutSeconds, signal } = {}) => {
    const limit = AbortSignal.timeout((timeoutSeconds ?? defaultTimeoutSeconds) * 1000);
    const init: RequestInit = { method, signal: signal ? AbortSignal.any([signal, limit]) : limit };
    if (headers) init.headers = headers;
    if (body !== undefined) init.body = body;
    try {
      return await fetcher(new URL(to, base), init);
    } catch (error) {
      throw connectionFailure(what, error, signal);
    }
  };
  const authorize = async (what: string, denied: Response, options: RegistryRequest) => {
    const challenge = parseChallenge(denied.headers.get("www-authenticate"));
    if (challenge?.scheme === "basic") return basic;
    if (!challenge) return undefined;
    const url = tokenUrl(challenge, insecure, what).href;
    const { timeoutSeconds, signal } = options;
    const response = await send(what, url, {
      ...(timeoutSeconds ? { timeoutSeconds } : {}),
      ...(signal ? { signal } : {}),
      ...(basic ? { headers: { Authorization: basic } } : {}),
    });
    if (!response.ok) throw await statusFailure(`${what}: the token server`, response);
    return `Bearer ${await readToken(what, response)}`;
  };
  return async (what, to, options = {}) => {
    const attempt = () => {
      const headers: Record<string, string> = { ...options.headers };
      if (authorization) headers.Authorization = authorization;
      return send(what, to, { ...options, headers });
    };
    let response = await attempt();
    if (response.status === 401) {
      authorization = await authorize(what, response, options);
      if (authorization) response = await attempt();
    }
    if (response.ok || options.allow?.includes(response.status)) return response;
    throw await statusFailure(what, response);
  };
}

async function readTags(what: string, response: Response): Promise<string[]> {
  const result = tagsSchema.safeParse(await response.json().catch(() => undefined));
  if (result.success) return result.data.tags ?? [];
  throw new DriverError(`${what} answered in a shape that is not known`, { kind: "unexpected-output" });
}

/** The next page by `Link: <…>; rel="next"`; relative to the page that named it, and never on another host. */
function nextPage(link: string | null, current: string): string | undefined {
  const next = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link ?? "")?.[1];
  if (!next) return undefined;
  const { pathname, search } = new URL(next, current);
  return `${pathname}${search}`;
}

function digestOf(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function wrongContent(what: string, expected: string, got: string): DriverError {
  const vendorText = `expected ${expected}\ngot      ${got}`;
  return new DriverError(`${what} brought other content than its digest says`, {
    kind: "unexpected-output",
    vendorText,
  });
}
