import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DriverError } from "../errors.ts";
import type { Exec } from "../exec/types.ts";
import { isThere } from "../system/processes.ts";
import { type ClusterInfo, fetchClusterInfo } from "./cluster-info.ts";
import { orkaError } from "./errors.ts";
import { requireName } from "./names.ts";
import type { CallOptions, OrkaCluster } from "./types.ts";

/** A private home for orka3: its settings and its kubeconfig are for one cluster and one token. */
export interface OrkaSession {
  readonly cluster: OrkaCluster;
  /** What orka3 must be run with. Holds folders, no secret. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the home with the token in it. Happens by itself when this process ends. */
  close(): void;
}

const FOLDER_PREFIX = "mac-runner-fleet-orka-";
const SETTING_TIMEOUT_SECONDS = 30;

/** Homes to remove when this process ends. */
const openHomes = new Set<string>();

/**
 * Prepares orka3 for a cluster without ever showing it the token on a command line: `orka3 user set-token` would.
 * Instead the kubeconfig that it writes is written here, from what the cluster says about itself.
 * @throws DriverError `unreachable`, `timeout`, `aborted`, `invalid-argument`, `unexpected-output`, `program-missing`
 */
export async function openSession(
  exec: Exec,
  cluster: OrkaCluster,
  token: string,
  options: CallOptions = {},
): Promise<OrkaSession> {
  requireName("namespace", cluster.namespace);
  if (token.trim() === "") throw new DriverError("the Orka token is empty", { kind: "invalid-argument" });
  const info = await fetchClusterInfo(cluster.apiUrl, options.signal);
  removeLeftHomes();
  const home = makeHome();
  const session: OrkaSession = {
    cluster,
    env: { HOME: home, KUBECONFIG: join(home, ".kube", "config") },
    close: () => removeHome(home),
  };
  try {
    writeKubeconfig(session, info, token.trim());
    await setApiUrl(exec, session, options.signal);
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  chmodSync(home, 0o700);
  mkdirSync(join(home, ".kube"), { mode: 0o700 });
  if (openHomes.size === 0) process.once("exit", removeOpenHomes);
  openHomes.add(home);
  return home;
}

function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
  openHomes.delete(home);
  if (openHomes.size === 0) process.off("exit", removeOpenHomes);
}

function removeOpenHomes(): void {
  for (const home of openHomes) rmSync(home, { recursive: true, force: true });
}

/** A process that was killed could not remove its homes, and there is a token in them. */
function removeLeftHomes(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? Number.parseInt(name.slice(FOLDER_PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isThere(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to another user of this computer, whose own next run removes it.
    }
  }
}

/** JSON is YAML, so no YAML writer is needed. */
function writeKubeconfig(session: OrkaSession, info: ClusterInfo, token: string): void {
  const named = (name: string, what: object) => ({ name: "orka", [name]: what });
  const cluster = {
    server: info.server,
    ...(info.caPem === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(info.caPem, "utf8").toString("base64") }),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "orka",
    contexts: [named("context", { cluster: "orka", user: "orka", namespace: session.cluster.namespace })],
    clusters: [named("cluster", cluster)],
    users: [named("user", { token })],
  };
  writeFileSync(session.env.KUBECONFIG as string, JSON.stringify(config), { mode: 0o600 });
}

async function setApiUrl(exec: Exec, session: OrkaSession, signal: AbortSignal | undefined): Promise<void> {
  const output = await exec.run({
    argv: ["orka3", "config", "set", "--api-url", session.cluster.apiUrl],
    env: session.env,
    timeoutSeconds: SETTING_TIMEOUT_SECONDS,
    signal,
  });
  if (output.exitCode !== 0) throw orkaError(`orka3 config set on ${exec.where}`, output.stderr || output.stdout);
}
