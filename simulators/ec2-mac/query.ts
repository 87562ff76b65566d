/** The EC2 Query protocol: a form whose dotted names (`Filter.1.Value.2`) spell a tree. */

/** A node of the request: a text, or more nodes by name. Lists are nodes named 1, 2, 3, ... */
export type QueryNode = string | { readonly [name: string]: QueryNode | undefined };

/** One filter of a Describe call. An instance matches when one of the values does; `*` and `?` are wildcards. */
export interface Filter {
  name: string;
  values: string[];
}

/** Parses a form body into the tree that its names spell. */
export function parseQuery(form: string): QueryNode {
  const root: MutableNode = {};
  for (const [name, value] of new URLSearchParams(form)) insert(root, name.split("."), value);
  return root as QueryNode;
}

/** The text at a path, undefined when it is not there. */
export function text(node: QueryNode | undefined, ...path: string[]): string | undefined {
  const found = child(node, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The node at a path. */
export function child(node: QueryNode | undefined, ...path: string[]): QueryNode | undefined {
  return path.reduce<QueryNode | undefined>((at, name) => (typeof at === "object" ? at[name] : undefined), node);
}

/** The list at a path, in the order of its numbers. */
export function list(node: QueryNode | undefined, ...path: string[]): QueryNode[] {
  const found = child(node, ...path);
  if (typeof found !== "object") return [];
  const numbers = Object.keys(found).sort((a, b) => Number(a) - Number(b));
  return numbers.map((number) => found[number]).filter((item) => item !== undefined);
}

/** The list of texts at a path. */
export function texts(node: QueryNode | undefined, ...path: string[]): string[] {
  return list(node, ...path).filter((item) => typeof item === "string");
}

/** The filters of a Describe call. */
export function filtersOf(query: QueryNode): Filter[] {
  return list(query, "Filter").map((item) => ({ name: text(item, "Name") ?? "", values: texts(item, "Value") }));
}

/** A list of `{Key, Value}` as a map. */
export function tagsOf(tags: QueryNode[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [text(tag, "Key") ?? "", text(tag, "Value") ?? ""]));
}

/** The tags that a request asks to put on what it creates. */
export function tagSpecification(query: QueryNode, resourceType: string): Record<string, string> {
  const asked = list(query, "TagSpecification").filter((item) => text(item, "ResourceType") === resourceType);
  return Object.assign({}, ...asked.map((item) => tagsOf(list(item, "Tag"))));
}

type MutableNode = { [name: string]: string | MutableNode };

function insert(node: MutableNode, path: string[], value: string): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    node[name] = value;
    return;
  }
  const next = node[name];
  const inner: MutableNode = typeof next === "object" ? next : {};
  node[name] = inner;
  insert(inner, rest, value);
}
