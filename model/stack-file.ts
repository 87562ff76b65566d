import type { RawSettings } from "./settings/types.ts";
import { blockNames } from "./settings.ts";

/** The project's name in Pulumi.yaml, and so the prefix of its settings. */
export const projectName = "mac-runner-fleet";

/**
 * What a Pulumi.<stack>.yaml holds for this program. Takes the file already read into a value. Secrets stay encrypted: only
 * their names are returned. Tolerates any shape; what is missing is for `parseSettings` to report.
 */
export function readStackFile(file: unknown): RawSettings {
  const own: RawSettings = { blocks: {}, region: undefined, secretKeys: [], plainKeys: [] };
  for (const [key, value] of Object.entries(record(record(file).config))) {
    if (key === "aws:region" && typeof value === "string") own.region = value;
    const name = ownName(key);
    if (name !== undefined) sort(own, name, value);
  }
  return own;
}

/** The name without the project's prefix; undefined for other programs' keys. Pulumi takes a bare key for the project's own. */
function ownName(key: string): string | undefined {
  const [namespace, name, ...rest] = key.split(":");
  if (name === undefined) return namespace;
  return namespace === projectName ? [name, ...rest].join(":") : undefined;
}

function sort(own: RawSettings, name: string, value: unknown): void {
  if ("secure" in record(value)) own.secretKeys.push(name);
  else if ((blockNames as readonly string[]).includes(name)) own.blocks[name] = unpack(value);
  else own.plainKeys.push(name);
}

/** `pulumi config set` without `--path` leaves a structured value as JSON text, which Pulumi reads like the value itself. */
function unpack(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
