/**
 * How property values look on Pulumi's plugin protocol, and back. An unknown value is a marker string; a secret is an
 * object with a signature around the value. Source: `@pulumi/pulumi/runtime/rpc.js`.
 */
import { unknownValue } from "../../../drivers/lifecycle.ts";

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Property values by name, free of secret wrappers unless said otherwise. */
export type Properties = Record<string, unknown>;

/** True when the value, or anything inside it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** The value with every secret wrapper inside it taken off. */
export function unwrapSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapSecrets);
  if (!isObject(value)) return value;
  if (isSecret(value)) return unwrapSecrets(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapSecrets(inner)]));
}

/** The names of the properties that are secret, or hold a secret somewhere inside. */
export function secretNames(wrapped: Properties): Set<string> {
  return new Set(Object.keys(wrapped).filter((name) => hasSecret(wrapped[name])));
}

/** Properties ready to send: undefined left out at every depth, the named ones wrapped as secrets. */
export function toWire(properties: Properties, secrets: ReadonlySet<string>): Properties {
  const defined = withoutUndefined(properties) as Properties;
  return Object.fromEntries(
    Object.entries(defined).map(([name, value]) => [
      name,
      secrets.has(name) ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value } : value,
    ]),
  );
}

/** True for a plain object, which is what a nested property or a map is on the wire. */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A file or an archive as the engine sends it: each is one of text, path, address or parts. */
export interface WireFile {
  kind: "asset" | "archive";
  text?: string;
  path?: string;
  uri?: string;
  /** Of an archive: what is in it, by path. */
  assets?: Properties;
}

/** Reads a file or an archive; undefined when the value is neither. */
export function wireFile(value: unknown): WireFile | undefined {
  if (!isObject(value)) return undefined;
  const kind = ({ [ASSET_SIGNATURE]: "asset", [ARCHIVE_SIGNATURE]: "archive" } as const)[String(value[SIGNATURE_KEY])];
  return kind && { ...value, kind };
}

function isSecret(value: Properties): boolean {
  return value[SIGNATURE_KEY] === SECRET_SIGNATURE;
}

function hasSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  return isObject(value) && (isSecret(value) || Object.values(value).some(hasSecret));
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isObject(value)) return value;
  const defined = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(defined.map(([key, inner]) => [key, withoutUndefined(inner)]));
}
