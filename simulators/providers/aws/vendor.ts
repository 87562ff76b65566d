/** What all resources of the vendor's plugin share: names, tags, regions, exclusive arguments, error texts. */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Failure, PropertyTable } from "../shared/properties.ts";
import type { CallContext } from "../shared/provider.ts";
import type { Properties } from "../shared/wire.ts";
import { defaultRegion } from "./clients.ts";

/** Tags by key. */
export type Tags = Record<string, string>;

/** A resource's region: the provider's unless given; another one means another resource. */
export const regionProperty: PropertyTable = { region: { type: "string", computed: true, replaces: true } };

/** A name that cannot change, or the beginning of one. */
export const nameProperties: PropertyTable = {
  name: { type: "string", computed: true, replaces: true },
  namePrefix: { type: "string", replaces: true },
};

/** Tags, and the same with the provider's default tags, of which the stand-in has none. */
export const tagProperties: PropertyTable = { tags: { type: "object" }, tagsAll: { type: "object", output: true } };

/** The ARN, given by the service. */
export const arnProperty: PropertyTable = { arn: { type: "string", output: true } };

/** The vendor's automatic names: the logical name and seven random digits, kept for the life of the resource. */
export function autoName(maxLength: number) {
  return (inputs: Properties, olds: Properties, { name }: CallContext): Properties => {
    if (inputs.name !== undefined || inputs.namePrefix !== undefined) return inputs;
    const stem = name.slice(0, maxLength - 8);
    const isOurs = typeof olds.name === "string" && olds.name.slice(0, -7) === `${stem}-`;
    return { ...inputs, name: isOurs ? olds.name : `${stem}-${randomBytes(4).toString("hex").slice(0, 7)}` };
  };
}

/** The name to create with: the given one, or the prefix and something that nothing else has. */
export function nameOf({ name, namePrefix }: { name?: string | undefined; namePrefix?: string | undefined }): string {
  return name ?? `${namePrefix ?? "terraform-"}${Date.now()}${randomBytes(4).toString("hex")}`;
}

/** Complains when more than one of the arguments is given, or, with `needsOne`, when none is. */
export function exclusive(inputs: Properties, names: readonly string[], { needsOne = false } = {}): Failure[] {
  const given = names.filter((name) => inputs[name] !== undefined);
  if (given.length > 1) {
    return [
      {
        property: given[1] ?? "",
        reason: `"${given[0]}" conflicts with "${given[1]}": only one of ${names.join(", ")} may be given`,
      },
    ];
  }
  if (given.length > 0 || !needsOne) return [];
  return [{ property: names[0] ?? "", reason: `one of ${names.join(", ")} must be given` }];
}

/** Arguments that the vendor has and the stand-in does not act on; better refused than ignored. */
export function notStoodIn(inputs: Properties, names: readonly string[]): Failure[] {
  const given = names.filter((name) => inputs[name] !== undefined);
  return given.map((property) => ({ property, reason: `"${property}" is not stood in for by the local stack` }));
}

/** A table of such arguments. */
export function ignoredProperties(names: readonly string[]): PropertyTable {
  return Object.fromEntries(names.map((name) => [name, { type: "any" }]));
}

/** True for two JSON texts of the same meaning. */
export function sameJson(before: unknown, after: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(String(before)), JSON.parse(String(after)));
  } catch {
    return before === after;
  }
}

/** Lists whose order means nothing. */
export function sameSet(before: unknown, after: unknown): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return before === after;
  return isDeepStrictEqual([...before].sort(), [...after].sort());
}

/** Tags as most services list them. */
export function tagList(tags: Tags = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as outputs: those found, without AWS' own. Where there are none, whatever was asked counts as none too. */
export function tagOutputs(found: readonly { Key?: string; Value?: string }[] | undefined, asked: Tags | undefined) {
  const entries = (found ?? []).map(({ Key = "", Value = "" }): [string, string] => [Key, Value]);
  const tags: Tags = Object.fromEntries(entries.filter(([key]) => !key.startsWith("aws:")));
  return { tags: Object.keys(tags).length === 0 && asked === undefined ? undefined : tags, tagsAll: tags };
}

/** Which tags to set and which keys to take off to get from one set to another. */
export function tagChanges(before: Tags = {}, after: Tags = {}): { set: Tags; removed: string[] } {
  const changed = Object.entries(after).filter(([key, value]) => before[key] !== value);
  return { set: Object.fromEntries(changed), removed: Object.keys(before).filter((key) => !(key in after)) };
}

/** Brings tags from one set to another with a service's own pair of calls. */
export async function changeTags(
  before: Tags | undefined,
  after: Tags | undefined,
  calls: { tag(tags: { Key: string; Value: string }[]): Promise<unknown>; untag(keys: string[]): Promise<unknown> },
): Promise<void> {
  const { set, removed } = tagChanges(before, after);
  if (removed.length > 0) await calls.untag(removed);
  if (Object.keys(set).length > 0) await calls.tag(tagList(set));
}

/** The region that a resource is in. */
export function regionOf(region: string | undefined): string {
  return region ?? defaultRegion();
}

/** Makes an API call; a failure reads as the vendor's: `allocating EC2 Host: operation error EC2: AllocateHosts, ...`. */
export async function vendorCall<T>(doing: string, operation: string, send: Promise<T>): Promise<T> {
  try {
    return await send;
  } catch (error) {
    const {
      name = "",
      message = "",
      $metadata: meta,
    } = error as {
      name?: string;
      message?: string;
      $metadata?: { httpStatusCode?: number; requestId?: string };
    };
    const answer = meta?.httpStatusCode
      ? `https response error StatusCode: ${meta.httpStatusCode}, RequestID: ${meta.requestId ?? ""}, api error ${name}: ${message}`
      : `${name}: ${message}`;
    throw new Error(`${doing}: operation error ${operation}, ${answer}`, { cause: error });
  }
}

/** The answer, or undefined when the service says with one of these codes that the thing is not there. */
export async function unlessGone<T>(codes: readonly string[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { cause } = error as Error;
    const code = (cause as Error | undefined)?.name ?? (error as Error).name;
    if (codes.includes(code)) return undefined;
    throw error;
  }
}

/** Tags of a service that keeps them as a record. */
export function tagsOf(found: Tags | undefined, asked: Tags | undefined) {
  return tagOutputs(tagList(found), asked);
}

/** Brings tags from one set to another in a service that keeps them as a record. */
export async function changeTagRecord(
  before: Tags | undefined,
  after: Tags | undefined,
  calls: { tag(tags: Tags): Promise<unknown>; untag(keys: string[]): Promise<unknown> },
): Promise<void> {
  const { set, removed } = tagChanges(before, after);
  if (removed.length > 0) await calls.untag(removed);
  if (Object.keys(set).length > 0) await calls.tag(set);
}

/** What must be there, having just been made. */
export async function mustExist<T>(what: string, found: Promise<T | undefined>): Promise<T> {
  const there = await found;
  if (!there) throw new Error(`reading ${what}: couldn't find resource`);
  return there;
}
