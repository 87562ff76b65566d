import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CallError } from "./kube.ts";

/** The environment that decides where settings are. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the Kubernetes API is and who asks. */
export interface Target {
  server: string;
  token: string;
  namespace: string | undefined;
}

interface KubeConfig {
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  clusters?: { name: string; cluster: { server: string } }[];
  users?: { name: string; user: { token?: string } }[];
}

/** The name that orka3 gives to its context, cluster and user. */
const CONTEXT = "orka";

/** The service URL that `config set` stored. The place of the real file is not known. */
export function readApiUrl(env: Environment): string | undefined {
  const file = settingsFile(env);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { apiUrl?: string }).apiUrl;
}

/** Stores the service URL. */
export function writeApiUrl(env: Environment, apiUrl: string): void {
  const file = settingsFile(env);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ apiUrl }));
}

/** Reads context `orka`. @throws CallError when there is none */
export async function readTarget(env: Environment): Promise<Target> {
  const file = kubeconfigFile(env);
  const config = existsSync(file) ? await parseKubeconfig(readFileSync(file, "utf8")) : {};
  const context = config.contexts?.find((c) => c.name === CONTEXT)?.context;
  const server = config.clusters?.find((c) => c.name === context?.cluster)?.cluster.server;
  if (!context || !server) throw new CallError(`context "${CONTEXT}" does not exist`);
  const token = config.users?.find((u) => u.name === context.user)?.user.token ?? "";
  return { server, token, namespace: context.namespace };
}

/** Writes context `orka`, as `user set-token` does. JSON is YAML. */
export function writeTarget(env: Environment, target: Target): void {
  const file = kubeconfigFile(env);
  mkdirSync(dirname(file), { recursive: true });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": CONTEXT,
    contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user: CONTEXT } }],
    clusters: [{ name: CONTEXT, cluster: { server: target.server } }],
    users: [{ name: CONTEXT, user: { token: target.token } }],
  };
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
}

/** YAML is loaded only when it is needed: that keeps the start quick. */
async function parseKubeconfig(text: string): Promise<KubeConfig> {
  if (text.trimStart().startsWith("{")) return JSON.parse(text) as KubeConfig;
  const { parse } = await import("yaml");
  return (parse(text) ?? {}) as KubeConfig;
}

function settingsFile(env: Environment): string {
  return join(homeOf(env), ".orka3", "config.json");
}

function kubeconfigFile(env: Environment): string {
  return env.KUBECONFIG || join(homeOf(env), ".kube", "config");
}

function homeOf(env: Environment): string {
  if (!env.HOME) throw new CallError("$HOME is not defined");
  return env.HOME;
}
