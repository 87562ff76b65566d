/** What a Buildkite agent on a Mac is told besides its name and token. */
export interface BuildkiteConfigArgs {
  agentVersion: 3 | 4;
  tags: readonly string[];
  /** The home folder of the user that jobs run as. */
  home: string;
  hooksPath: string;
  /** The program that runs a job. */
  bootstrapScript: string;
}

/** From SIGTERM to SIGKILL for a cancelled job, and from there to the end of its bootstrap. */
const cancelSignalSeconds = 25;
const cancelCleanupSeconds = 5;

/**
 * The agent's configuration file. Agent 4 has other names than 3 for how long a cancelled job may take (Buildkite's
 * upgrade guide from v3 to v4).
 * @throws Error when a value cannot stand between quotes in that file.
 */
export function buildkiteConfig(args: BuildkiteConfigArgs): string {
  const settings: Record<string, string> = {
    tags: args.tags.join(","),
    "build-path": `${args.home}/builds`,
    "plugins-path": `${args.home}/plugins`,
    "sockets-path": `${args.home}/.buildkite-agent/sockets`,
    "hooks-path": args.hooksPath,
    "bootstrap-script": args.bootstrapScript,
    ...(args.agentVersion === 3
      ? {
          "cancel-grace-period": String(cancelSignalSeconds + cancelCleanupSeconds),
          "signal-grace-period-seconds": String(cancelSignalSeconds),
        }
      : {
          "cancel-signal-timeout": String(cancelSignalSeconds),
          "cancel-cleanup-timeout": String(cancelCleanupSeconds),
        }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}="${plain(value)}"`)
    .join("\n");
}

function plain(value: string): string {
  if (/["$\\]|\p{Cc}/u.test(value))
    throw new Error(`cannot put ${JSON.stringify(value)} into the agent's configuration`);
  return value;
}
