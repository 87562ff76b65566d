import type { RunnerState } from "./state.ts";

/** What a runner reads from its JIT config: three files, each of them JSON. */
export interface JitFiles {
  ".runner": {
    AgentId: string;
    AgentName: string;
    ServerUrl: string;
    GitHubUrl: string;
    WorkFolder: string;
    Ephemeral: string;
  };
  ".credentials": { scheme: string; data: { clientId: string } };
}

/** The config as `generate-jitconfig` gives it: base64 of JSON of names and base64 contents (actions/runner, Runner.cs). */
export function encodeJitConfig(runner: RunnerState, serverUrl: string, organization: string): string {
  const files: JitFiles & { ".credentials_rsaparams": object } = {
    ".runner": {
      AgentId: String(runner.id),
      AgentName: runner.name,
      ServerUrl: serverUrl,
      GitHubUrl: `https://github.com/${organization}`,
      WorkFolder: runner.workFolder,
      Ephemeral: "True",
    },
    ".credentials": { scheme: "OAuth", data: { clientId: runner.secret } },
    ".credentials_rsaparams": {},
  };
  const encoded = Object.entries(files).map(([name, content]) => [name, base64(JSON.stringify(content))]);
  return base64(JSON.stringify(Object.fromEntries(encoded)));
}

/** The files of a config, by their names. @throws Error when it is not one */
export function decodeJitConfig(encoded: string): Map<string, string> {
  const files = JSON.parse(Buffer.from(encoded, "base64").toString()) as Record<string, string>;
  return new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text, "base64").toString()]));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
