import { request as httpRequest } from "node:http";
import type { Quirks } from "../cluster/faults.ts";
import { DIE_HEADER, QUIRKS_HEADER } from "../cluster/headers.ts";
import type { Terminal } from "./run.ts";
import type { Target } from "./settings.ts";

/** A call that the cluster refused, or that did not reach it. The text is what orka3 prints. */
export class CallError extends Error {}

/** An object of the cluster, as loosely typed as JSON is. */
export interface KubeObject {
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

/** Talks to the cluster with the token of the kubeconfig. */
export interface Kube {
  /** Answers the parsed body. @throws CallError with the words of the cluster */
  call(method: string, path: string, body?: object): Promise<unknown>;
  /** The version that the cluster wants played, known after the first call. */
  quirks: Quirks;
}

/** Opens the way to the cluster. Paths are relative to the server of the kubeconfig, or absolute URLs. */
export function kubeOf(target: Target, terminal: Terminal): Kube {
  const kube: Kube = {
    quirks: {},
    async call(method, path, body) {
      const url = new URL(path.startsWith("http") ? path : `${target.server}${path}`);
      const answer = await send(method, url, target.token, body);
      kube.quirks = answer.quirks;
      if (answer.die) terminal.die();
      const parsed = parseBody(answer.body);
      if (answer.status >= 400) throw new CallError(parsed.message ?? answer.body);
      return parsed;
    },
  };
  return kube;
}

interface Answer {
  status: number;
  body: string;
  quirks: Quirks;
  die: boolean;
}

function send(method: string, url: URL, token: string, body: object | undefined): Promise<Answer> {
  const verb = method[0] + method.slice(1).toLowerCase();
  return new Promise((resolve, reject) => {
    const call = httpRequest(url, {
      method,
      agent: false,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
    call.on("error", (error: NodeJS.ErrnoException) => {
      reject(new CallError(`${verb} "${url}": ${asGoSays(error, url)}`));
    });
    call.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", () => reject(new CallError(`${verb} "${url}": unexpected EOF`)));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          quirks: quirksOf(response.headers[QUIRKS_HEADER]),
          die: response.headers[DIE_HEADER] !== undefined,
        }),
      );
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parseBody(body: string): { message?: string } {
  try {
    return JSON.parse(body);
  } catch {
    throw new CallError(`invalid character '${body[0] ?? ""}' looking for beginning of value`);
  }
}

function quirksOf(header: string | string[] | undefined): Quirks {
  return typeof header === "string" ? (JSON.parse(decodeURIComponent(header)) as Quirks) : {};
}

/** The words of Go's network library for the same trouble. */
function asGoSays(error: NodeJS.ErrnoException, url: URL): string {
  if (error.code === "ECONNREFUSED") return `dial tcp ${url.host}: connect: connection refused`;
  if (error.code === "ENOTFOUND") return `dial tcp: lookup ${url.hostname}: no such host`;
  if (error.code === "ECONNRESET") return "EOF";
  return error.message;
}
