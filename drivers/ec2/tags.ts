import { CreateTagsCommand, type EC2Client, type Filter, type Tag } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { DriverError } from "../errors.ts";
import { call } from "./call.ts";

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Tags to look for: each key must have one of the values; `*` and `?` are wildcards. */
export type TagFilter = Readonly<Record<string, string | readonly string[]>>;

/** Tags as the SDK gives them. */
export const tagsSchema = z
  .array(z.object({ Key: z.string(), Value: z.string().default("") }))
  .default([])
  .transform((tags): Record<string, string> => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));

/** Tags as the SDK takes them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Filters as the SDK takes them. */
export function tagFilters(tags: TagFilter = {}): Filter[] {
  return Object.entries(tags).map(([key, values]) => ({ Name: `tag:${key}`, Values: [values].flat() }));
}

/** Puts tags on hosts, instances and the like; those with the same key are replaced. */
export async function tagResources(
  client: EC2Client,
  ids: readonly string[],
  tags: Tags,
  signal?: AbortSignal,
): Promise<void> {
  const command = new CreateTagsCommand({ Resources: [...ids], Tags: tagList(tags) });
  await call(`tag ${ids.join(", ")}`, signal, (options) => client.send(command, options));
}

/** Throws `not-ours` unless each thing carries every tag of the mark. Nothing may be ended without this proof. */
export function proveOurs(things: readonly { id: string; tags: Tags }[], mark: Tags): void {
  const strangers = things.filter(({ tags }) => Object.entries(mark).some(([key, value]) => tags[key] !== value));
  if (strangers.length === 0) return;
  const wanted = Object.entries(mark).map(([key, value]) => `${key}=${value}`);
  throw new DriverError(`${strangers.map(({ id }) => id).join(", ")}: without the tag ${wanted.join(", ")}`, {
    kind: "not-ours",
    hint: "It is left alone. If it is this fleet's, put the tag on it.",
  });
}
