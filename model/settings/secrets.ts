import type { Settings } from "./types.ts";

/** The encrypted values that a fleet can use. */
export const secretNames = ["sshPrivateKey", "orkaToken", "buildkiteApiToken", "githubToken"] as const;

/** The name of an encrypted value. */
export type SecretName = (typeof secretNames)[number];

/** An encrypted value that the fleet needs and the stack file lacks. */
export interface MissingSecret {
  name: SecretName;
  /** Who needs it; a sentence. */
  why: string;
  /** What to type; it asks for the value or reads it from standard input. */
  command: string;
}

/** The encrypted values that these settings need and do not have. A note to give, not a mistake: a preview does without. */
export function missingSecrets(settings: Settings, secretKeys: readonly string[]): MissingSecret[] {
  return secretNames
    .map((name) => ({ name, why: whyNeeded(name, settings), command: commandToSet(name) }))
    .filter((secret): secret is MissingSecret => secret.why !== undefined && !secretKeys.includes(secret.name));
}

/** What to type to store a secret. The private key has several lines, so it comes from a file. */
export function commandToSet(name: SecretName): string {
  const command = `pulumi config set --secret ${name}`;
  return name === "sshPrivateKey" ? `${command} < ~/.ssh/fleet` : command;
}

function whyNeeded(name: SecretName, { pools, runners }: Settings): string | undefined {
  const poolOf = (kind: string) => pools.find((pool) => pool.kind === kind)?.name;
  const runnerOf = (ci: string) => runners.find((runner) => runner.ci === ci)?.name;
  const controlled = (ci: string) =>
    pools.find(
      (pool) => pool.kind === "ec2-mac" && runners.some((runner) => runner.name === pool.runner && runner.ci === ci),
    )?.name;
  const needs = {
    sshPrivateKey: ["Pool", poolOf("tart"), "reaches its Macs with it."],
    orkaToken: ["Pool", poolOf("orka"), "signs in to its cluster with it."],
    buildkiteApiToken: [
      "Pool",
      controlled("buildkite"),
      "makes and withdraws agent tokens and watches its agents with it (REST scopes read_agents, write_agents, read_clusters, write_clusters).",
    ],
    githubToken: ["Runner", runnerOf("github"), "makes its runner group and registers runners with it."],
  } as const;
  const [noun, who, does] = needs[name];
  return who && `${noun} ${who} ${does}`;
}
