import { z } from "zod";
import { DriverError } from "../errors.ts";

/** Where the Kubernetes API of a cluster is. */
export interface ClusterInfo {
  server: string;
  /** The certificate authority that the server is checked against; absent when it has none of its own. */
  caPem: string | undefined;
}

/** The service answers at once or not at all; orka3 itself would wait a minute for one that is not there. */
const TIMEOUT_SECONDS = 5;

const answer = z.object({
  apiEndpoint: z.string().nullish(),
  apiDomain: z.string().nullish(),
  certData: z.string().nullish(),
});

/** What is wrong with a service URL, in words; undefined when it is good. */
export function apiUrlProblem(apiUrl: string): string | undefined {
  if (!/^https?:$/.test(URL.canParse(apiUrl) ? new URL(apiUrl).protocol : "")) {
    return `apiUrl ${JSON.stringify(apiUrl)} must be a URL such as http://10.221.188.20`;
  }
  if (apiUrl.endsWith("/")) return `apiUrl ${JSON.stringify(apiUrl)} must not end in a slash: orka3 adds its own`;
  return undefined;
}

/**
 * Asks the Orka service about its cluster: `GET {apiUrl}/api/v1/cluster-info`, which needs no token and gets none.
 * @throws DriverError `invalid-argument`, `unreachable`, `timeout`, `aborted`, `unexpected-output`
 */
export async function fetchClusterInfo(apiUrl: string, signal?: AbortSignal): Promise<ClusterInfo> {
  const problem = apiUrlProblem(apiUrl);
  if (problem) throw new DriverError(problem, { kind: "invalid-argument" });
  const what = `GET ${apiUrl}/api/v1/cluster-info`;
  const text = await download(what, `${apiUrl}/api/v1/cluster-info`, signal);
  const parsed = answer.safeParse(jsonOf(text));
  const server = parsed.data?.apiEndpoint || parsed.data?.apiDomain;
  if (!server) {
    throw new DriverError(`${what} answered in an unknown shape`, {
      kind: "unexpected-output",
      vendorText: text.slice(0, 500),
      hint: "The apiUrl must be that of an Orka 3 cluster.",
    });
  }
  return {
    server: server.includes("://") ? server : `https://${server}`,
    caPem: parsed.data?.certData || undefined,
  };
}

async function download(what: string, url: string, signal: AbortSignal | undefined): Promise<string> {
  const timer = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timer]) : timer });
    const text = await response.text();
    if (response.ok) return text;
    const vendorText = `HTTP ${response.status}\n${text.slice(0, 500)}`;
    throw new DriverError(`${what} failed`, { kind: "unreachable", vendorText });
  } catch (error) {
    if (error instanceof DriverError) throw error;
    if (signal?.aborted) throw new DriverError(`${what} was aborted`, { kind: "aborted", cause: error });
    if (timer.aborted) {
      throw new DriverError(`${what} had no answer within ${TIMEOUT_SECONDS} s`, { kind: "timeout", cause: error });
    }
    const reason = (error as Error).cause ?? error;
    throw new DriverError(`${what} failed`, { kind: "unreachable", vendorText: String(reason), cause: error });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
