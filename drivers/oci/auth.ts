import { z } from "zod";
import { DriverError } from "../errors.ts";

/** A user of a registry; a token goes in the place of the password. */
export interface RegistryCredentials {
  username: string;
  password: string;
}

/** What a registry asks for in its `WWW-Authenticate` header. */
export type Challenge = { scheme: "basic" } | { scheme: "bearer"; realm: string; service?: string; scope?: string };

const tokenSchema = z
  .looseObject({ token: z.string().optional(), access_token: z.string().optional() })
  .transform(({ token, access_token }) => token ?? access_token);

/** Reads a `WWW-Authenticate` header; undefined when it asks for something that no registry we know asks for. Pure. */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (!header) return undefined;
  if (/^basic\b/i.test(header)) return { scheme: "basic" };
  if (!/^bearer\b/i.test(header)) return undefined;
  const fields: Record<string, string | undefined> = {};
  for (const [, key = "", quoted, plain] of header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,"]+))/g)) {
    fields[key.toLowerCase()] = quoted ?? plain;
  }
  const { realm, service, scope } = fields;
  return realm ? { scheme: "bearer", realm, ...(service ? { service } : {}), ...(scope ? { scope } : {}) } : undefined;
}

/** The value for an `Authorization` header with a name and a password. */
export function basicAuthorization({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/**
 * Where to get the token.
 * @throws DriverError `access-denied` rather than show credentials to a token server that speaks plain HTTP
 */
export function tokenUrl(challenge: Challenge & { scheme: "bearer" }, isInsecure: boolean, what: string): URL {
  const url = URL.parse(challenge.realm);
  const isAcceptable = url?.protocol === "https:" || (isInsecure && url?.protocol === "http:");
  if (!url || !isAcceptable) {
    const details = { kind: "access-denied", vendorText: `realm: ${challenge.realm}` } as const;
    throw new DriverError(`${what} wants a token from a place that is not safe to ask`, details);
  }
  if (challenge.service) url.searchParams.set("service", challenge.service);
  for (const scope of challenge.scope?.split(" ") ?? []) url.searchParams.append("scope", scope);
  return url;
}

/** The token in a token server's answer. @throws DriverError `unexpected-output` */
export async function readToken(what: string, response: Response): Promise<string> {
  const result = tokenSchema.safeParse(await response.json().catch(() => undefined));
  if (result.success && result.data) return result.data;
  throw new DriverError(`${what} answered without a token`, { kind: "unexpected-output" });
}
