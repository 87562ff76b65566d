import { type LocatedProblem, unknownKey } from "../issues.ts";
import { problem } from "../rule.ts";
import { blockNames } from "../schema.ts";
import { commandToSet, type SecretName, secretNames } from "../secrets.ts";
import type { RawSettings } from "../types.ts";

/** Secrets must be encrypted, blocks must not be, and there are no other keys. */
export function keyRules(raw: RawSettings): LocatedProblem[] {
  return [...raw.plainKeys.flatMap(plainKey), ...raw.secretKeys.flatMap(secretKey)];
}

function plainKey(name: string): LocatedProblem[] {
  if (!isSecretName(name)) return [unknownKey([name], name, [...blockNames, ...secretNames])];
  return [
    problem([name], {
      found: "it is stored in plain text.",
      allowed: "Secrets are stored encrypted.",
      fix: `Type \`${commandToSet(name)}\`; if the file was ever pushed, make a new secret first.`,
    }),
  ];
}

function secretKey(name: string): LocatedProblem[] {
  if (isSecretName(name)) return [];
  if (!(blockNames as readonly string[]).includes(name))
    return [unknownKey([name], name, [...blockNames, ...secretNames])];
  return [
    problem([name], {
      found: "it is encrypted.",
      allowed: "Only the secrets are: this block must be readable in reviews and previews.",
      fix: "Write it as plain YAML.",
    }),
  ];
}

function isSecretName(name: string): name is SecretName {
  return (secretNames as readonly string[]).includes(name);
}
