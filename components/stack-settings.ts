import * as pulumi from "@pulumi/pulumi";
import { formatProblems, parseSettings, type Settings } from "../model/settings.ts";
import { readStackFile } from "../model/stack-file.ts";

/**
 * The settings of the stack that is being deployed.
 * @throws pulumi.RunError with every mistake of the stack file, before anything is declared
 */
export function readStackSettings(): Settings {
  const secretKeys = keysOfSecrets();
  const entries = Object.entries(pulumi.runtime.allConfig());
  const config = Object.fromEntries(entries.map(([key, value]) => [key, secretKeys.has(key) ? { secure: "" } : value]));
  const parsed = parseSettings(readStackFile({ config }));
  if (parsed.ok) return parsed.settings;
  throw new pulumi.RunError(formatProblems(parsed.problems, `Pulumi.${pulumi.getStack()}.yaml`));
}

/** The engine's language host tells a program in this variable which values of its configuration are secrets. */
function keysOfSecrets(): Set<string> {
  return new Set(JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]"));
}
