import type { CliCommand } from "./command.ts";
import { flagsOf } from "./command.ts";
import { UsageError } from "./flags.ts";
import { CallError } from "./kube.ts";
import { readApiUrl, readTarget, writeApiUrl, writeTarget } from "./settings.ts";

/** The version that is played. */
const VERSION = "3.6.3";

/** `config`, `version` and `user`. */
export const settingsCommands: CliCommand[] = [
  {
    usage: "config set",
    args: [0, 0],
    flags: flagsOf({ "api-url": { short: "a", type: "string" } }),
    required: ["api-url"],
    run: async ({ flags, terminal, say }) => {
      const apiUrl = flags["api-url"] ?? "";
      if (!URL.canParse(apiUrl)) throw new UsageError(`invalid API URL "${apiUrl}"`);
      writeApiUrl(terminal.env, apiUrl);
      say("Successfully updated config");
    },
  },
  {
    usage: "config view",
    args: [0, 0],
    flags: flagsOf({}),
    run: async ({ terminal, say }) => say(`api-url: ${readApiUrl(terminal.env) ?? ""}`),
  },
  {
    usage: "version",
    args: [0, 0],
    flags: flagsOf({}),
    run: async ({ say }) => say(`Client version: ${VERSION}`),
  },
  {
    usage: "user set-token TOKEN",
    args: [1, 1],
    flags: flagsOf({}),
    run: async ({ args, terminal, say }) => {
      const apiUrl = readApiUrl(terminal.env);
      if (!apiUrl) throw new CallError("the API URL is not set. Run `orka3 config set --api-url`");
      const server = await findServer(apiUrl);
      writeTarget(terminal.env, { server, token: args[0] ?? "", namespace: undefined });
      say("Successfully set token");
    },
  },
  {
    usage: "user get-token",
    args: [0, 0],
    flags: flagsOf({}),
    run: async ({ terminal, say }) => say((await readTarget(terminal.env)).token),
  },
];

/** Asks the service where the Kubernetes API is. A slash at the end of the URL makes a path that the service lacks. */
async function findServer(apiUrl: string): Promise<string> {
  const response = await fetch(`${apiUrl}/api/v1/cluster-info`).catch((error: Error) => {
    throw new CallError(`Get "${apiUrl}/api/v1/cluster-info": ${error.message}`);
  });
  const info = (await response.json()) as { apiEndpoint?: string };
  if (!info.apiEndpoint)
    throw new CallError(`Get "${apiUrl}/api/v1/cluster-info": unexpected answer ${response.status}`);
  return info.apiEndpoint;
}
