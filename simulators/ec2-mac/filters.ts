import { Ec2Error } from "./errors.ts";
import type { Filter } from "./query.ts";

/** What a filter can look at: fixed names, and the tags. A name maps to the values that the thing has. */
export interface Filterable {
  fields: Readonly<Record<string, readonly (string | undefined)[]>>;
  tags: Readonly<Record<string, string>>;
}

/** True when the thing passes every filter. */
export function matches(thing: Filterable, filters: readonly Filter[]): boolean {
  return filters.every((filter) => valuesFor(thing, filter.name).some((value) => passes(value, filter.values)));
}

/** A page of a list, and the token for the next one. Tokens are the place in the list. */
export function page<T>(items: T[], maxResults: string | undefined, token: string | undefined) {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start)) throw new Ec2Error("InvalidParameterValue", `Unable to parse pagination token`);
  const end = maxResults === undefined ? items.length : start + Number(maxResults);
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}

function valuesFor(thing: Filterable, name: string): string[] {
  if (name === "tag-key") return Object.keys(thing.tags);
  if (name.startsWith("tag:")) return [thing.tags[name.slice(4)]].filter((value) => value !== undefined);
  const values = thing.fields[name];
  if (!values) throw new Ec2Error("InvalidParameterValue", `The filter '${name}' is invalid`);
  return values.filter((value) => value !== undefined);
}

function passes(value: string, wanted: readonly string[]): boolean {
  return wanted.some((pattern) => wildcard(pattern).test(value));
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}
