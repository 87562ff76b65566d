import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** What `buildkite-agent start` was told, by its config file, the environment (which wins) and flags (which win over both). */
export interface Settings {
  version: string;
  configFile: string | undefined;
  endpoint: string;
  token: string;
  name: string;
  tags: string[];
  priority: string;
  spawn: number;
  spawnWithPriority: string;
  buildPath: string;
  bootstrapScript: string;
  disconnectAfterJob: boolean;
  disconnectAfterIdleSeconds: number;
  disconnectAfterUptimeSeconds: number;
  acquireJob: string;
  reflectExitStatus: boolean;
  /** From SIGTERM to SIGKILL when a job is cancelled. */
  cancelSignalSeconds: number;
  /** From the first signal to the end of the agent when it is told twice. */
  cancelSeconds: number;
}

/** A wrong setting; the program ends with 1. */
export class SettingsError extends Error {}

const common = [
  "token name priority tags queue spawn spawn-with-priority build-path hooks-path additional-hooks-paths plugins-path",
  "sockets-path git-mirrors-path job-context-dir enable-job-log-tmpfile job-log-path bootstrap-script shell endpoint",
  "disconnect-after-job disconnect-after-idle-timeout disconnect-after-uptime acquire-job reflect-exit-status",
  "no-command-eval no-plugins no-local-hooks no-pty no-ssh-keyscan no-color debug log-level log-format",
  "allowed-repositories allowed-plugins enable-environment-variable-allowlist verification-jwks-file signing-jwks-file",
  "health-check-addr ping-mode tags-from-host tags-from-ec2-tags git-commit-verification",
];
/** What only one of the two majors knows. */
const only: Readonly<Record<string, string>> = {
  "3": "cancel-grace-period signal-grace-period-seconds disconnect-after-job-timeout tags-from-ec2",
  "4": "cancel-signal-timeout cancel-cleanup-timeout tags-from-ec2-meta-data",
};

/** The settings that this version knows. Others in the config file are passed over without a word. */
export function knownSettings(version: string): string[] {
  return [...common, only[version.split(".")[0] ?? ""] ?? ""].flatMap((line) => line.split(" ")).filter(Boolean);
}

/** The environment variable of a setting. `token` is BUILDKITE_AGENT_TOKEN. */
export function variableOf(setting: string): string {
  const bare = ["build-path", "hooks-path", "plugins-path", "sockets-path", "git-mirrors-path", "shell"];
  const name = setting.toUpperCase().replaceAll("-", "_");
  return bare.includes(setting) ? `BUILDKITE_${name}` : `BUILDKITE_AGENT_${name}`;
}

/** Reads everything. @throws SettingsError */
export function readSettings(flags: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const version = env.BUILDKITE_SIM_AGENT_VERSION ?? "3.115.0";
  const known = knownSettings(version);
  const given = readFlags(flags, known);
  const configFile = given.get("config") ?? env.BUILDKITE_AGENT_CONFIG;
  const file = configFile === undefined ? new Map<string, string>() : readConfig(configFile);
  const text = (name: string) => {
    const value = known.includes(name) ? (given.get(name) ?? env[variableOf(name)] ?? file.get(name)) : undefined;
    return value === "" ? undefined : value;
  };
  const isOn = (name: string) => ["true", "1", "t", "yes"].includes(text(name)?.toLowerCase() ?? "");
  const seconds = (name: string, otherwise: number) => Number.parseInt(text(name) ?? "", 10) || otherwise;
  const required = (name: string, value: string | undefined) => {
    if (value) return value;
    throw new SettingsError(`Missing ${name}. See: \`buildkite-agent start --help\``);
  };
  const isFour = version.startsWith("4.");
  if (isFour) refuseInFour(file, text("spawn-with-priority"));
  const graceSeconds = seconds("cancel-grace-period", 10);
  const signalSeconds = isFour
    ? seconds("cancel-signal-timeout", 10)
    : seconds("signal-grace-period-seconds", graceSeconds - 1);
  return {
    version,
    configFile,
    endpoint: text("endpoint") ?? "https://agent.buildkite.com/v3",
    token: required("token", text("token")),
    name: (text("name") ?? "%hostname-%spawn").replaceAll("%hostname", hostname()),
    tags: tagsOf(text("tags"), text("queue")),
    priority: text("priority") ?? "",
    spawn: seconds("spawn", 1),
    spawnWithPriority: text("spawn-with-priority") ?? "",
    buildPath: required("build-path", text("build-path")),
    bootstrapScript: text("bootstrap-script") ?? "",
    disconnectAfterJob: isOn("disconnect-after-job"),
    disconnectAfterIdleSeconds: seconds("disconnect-after-idle-timeout", 0),
    disconnectAfterUptimeSeconds: seconds("disconnect-after-uptime", 0),
    acquireJob: text("acquire-job") ?? "",
    reflectExitStatus: isOn("reflect-exit-status"),
    cancelSignalSeconds: signalSeconds,
    cancelSeconds: isFour ? signalSeconds + seconds("cancel-cleanup-timeout", 5) : graceSeconds,
  };
}

function refuseInFour(file: ReadonlyMap<string, string>, priority: string | undefined): void {
  if (file.get("git-commit-verification") === "") throw new SettingsError("git-commit-verification must not be empty");
  if (priority !== undefined && !["static", "ascending", "descending"].includes(priority)) {
    throw new SettingsError(`spawn-with-priority must be static, ascending or descending, not "${priority}"`);
  }
}

function tagsOf(tags: string | undefined, queue: string | undefined): string[] {
  const list = (tags ?? "")
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);
  if (queue === undefined) return list;
  if (list.some((tag) => tag.startsWith("queue="))) {
    throw new SettingsError("Queue must be present in only one of the --tags or the --queue flags");
  }
  return [...list, `queue=${queue}`];
}

/** `key=value` or `key="value"` on each line; `#` begins a comment line. */
function readConfig(path: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new SettingsError(`A configuration file could not be found at: "${path}"`);
  }
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const found = /^\s*([A-Za-z0-9-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (found?.[1]) settings.set(found[1], (found[2] ?? "").replace(/^(["'])(.*)\1$/, "$2"));
  }
  return settings;
}

/** `--name value`, `--name=value`, or `--name` alone, which is `true`. */
function readFlags(flags: readonly string[], known: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (let i = 0; i < flags.length; i += 1) {
    const [, name = "", value] = /^--?([a-z0-9-]+)(?:=(.*))?$/s.exec(flags[i] ?? "") ?? [];
    if (name !== "config" && !known.includes(name)) throw new SettingsError(`flag provided but not defined: -${name}`);
    const next = flags[i + 1];
    const takesNext = value === undefined && next !== undefined && !next.startsWith("-");
    settings.set(name, value ?? (takesNext ? next : "true"));
    if (takesNext) i += 1;
  }
  return settings;
}
