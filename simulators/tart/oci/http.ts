import { swiftError, TartFailure } from "../failures.ts";
import type { Call } from "../parser.ts";
import { tartVersion } from "../world.ts";
import { type Credentials, findCredentials } from "./credentials.ts";

/** One call to a registry. */
export interface RegistryRequest {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** A path below the registry's root, or a whole URL. */
  to: string;
  /** What this is about, as the error says it. */
  when: string;
  expect: readonly number[];
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** The connection failed or broke, unlike an answer that was not liked. */
export class ConnectionFailure extends TartFailure {}

/** Speaks to a registry as the real program does: no cookies, one retry with a token after a 401. */
export class Registry {
  readonly host: string;
  readonly #base: string;
  readonly #call: Call;
  readonly #credentials: Credentials | undefined;
  #authorization: string | undefined;

  constructor(host: string, isInsecure: boolean, call: Call, credentials?: Credentials) {
    this.host = host;
    this.#base = `${isInsecure ? "http" : "https"}://${host}`;
    this.#call = call;
    this.#credentials = credentials ?? findCredentials(call.home, call.world.env, host);
  }

  async ping(): Promise<void> {
    await this.request({ to: "/v2/", when: "doing ping", expect: [200] });
  }

  /** @throws TartFailure */
  async request(request: RegistryRequest): Promise<Response> {
    let response = await this.#send(request);
    if (response.status === 401) {
      await this.#authorize(response);
      response = await this.#send(request);
    }
    if (request.expect.includes(response.status)) return response;
    throw unexpectedStatus(request.when, response.status, await response.text());
  }

  async #send({ method = "GET", to, headers, body }: RegistryRequest): Promise<Response> {
    if (this.#call.faults.has("offline")) throw connectionFailure("The Internet connection appears to be offline.");
    const authorization = this.#authorization ? { Authorization: this.#authorization } : {};
    const agent = { "User-Agent": `Tart/${tartVersion(this.#call.world.env)} (macOS 15.5.0; Mac16,10)` };
    const init = { method, headers: { ...agent, ...authorization, ...headers }, ...(body ? { body } : {}) };
    try {
      return await fetch(new URL(to, this.#base), init);
    } catch (error) {
      throw connectionFailure(describe(error as Error));
    }
  }

  async #authorize(response: Response): Promise<void> {
    const challenge = response.headers.get("www-authenticate");
    if (!challenge) throw authFailed("got HTTP 401, but WWW-Authenticate header is missing", await response.text());
    const basic = this.#credentials
      ? `Basic ${Buffer.from(`${this.#credentials.username}:${this.#credentials.password}`).toString("base64")}`
      : undefined;
    if (/^basic/i.test(challenge)) {
      this.#authorization = basic;
      return;
    }
    const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
    const url = new URL(fields.realm ?? "");
    for (const key of ["service", "scope"]) if (fields[key]) url.searchParams.set(key, fields[key]);
    const answer = await fetch(url, { headers: basic ? { Authorization: basic } : {} });
    if (answer.status !== 200) {
      const why = `received unexpected HTTP status code ${answer.status} while retrieving an authentication token`;
      throw authFailed(why, await answer.text());
    }
    const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
    this.#authorization = `Bearer ${token ?? access_token}`;
  }
}

/** An answer with a status that was not expected. */
export function unexpectedStatus(when: string, code: number, details: string): TartFailure {
  const shown = details.length > 1000 ? `${details.slice(0, 1000)}...` : details;
  return swiftError(
    `UnexpectedHTTPStatusCode(when: ${JSON.stringify(when)}, code: ${code}, details: ${JSON.stringify(shown)})`,
  );
}

/** No token was to be had. */
export function authFailed(why: string, details: string): TartFailure {
  return swiftError(`AuthFailed(why: ${JSON.stringify(why)}, details: ${JSON.stringify(details)})`);
}

function connectionFailure(description: string): ConnectionFailure {
  return new ConnectionFailure(`Error: ${description}`, 1);
}

function describe(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const code = cause?.code ?? "";
  if (code === "ECONNREFUSED") return "Could not connect to the server.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "A server with the specified hostname could not be found.";
  if (/SSL|TLS|EPROTO|CERT/.test(`${code} ${cause?.message}`)) {
    return "An SSL error has occurred and a secure connection to the server cannot be made.";
  }
  return "The network connection was lost.";
}
