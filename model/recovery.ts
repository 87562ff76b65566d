/** A process as `ps` shows it. */
export interface SeenProcess {
  pid: number;
  parentPid: number;
  command: string;
}

/** Parts of Pulumi that a run starts in processes of their own, by what their command lines hold. */
const partsOfARun = ["@pulumi/pulumi/cmd/dynamic-provider", "@pulumi/pulumi/cmd/run", "/language-host/main.ts"];

/**
 * The processes that a killed engine left running: programs and providers of this checkout with no engine above them.
 * Pure.
 * @param folder the checkout; only what runs from it is ours
 */
export function leftovers(processes: readonly SeenProcess[], folder: string): SeenProcess[] {
  const byPid = new Map(processes.map((seen) => [seen.pid, seen]));
  return processes.filter((seen) => isPartOfARun(seen, folder) && !hasEngineAbove(seen, byPid));
}

function isPartOfARun({ command }: SeenProcess, folder: string): boolean {
  return command.includes(`${folder}/`) && partsOfARun.some((part) => command.includes(part));
}

function hasEngineAbove(seen: SeenProcess, byPid: ReadonlyMap<number, SeenProcess>): boolean {
  const passed = new Set<number>();
  for (let above = byPid.get(seen.parentPid); above && !passed.has(above.pid); above = byPid.get(above.parentPid)) {
    if (/^(\S*\/)?pulumi(\s|$)/.test(above.command)) return true;
    passed.add(above.pid);
  }
  return false;
}

/** A resource as a preview plans it. */
export interface PlannedResource {
  urn: string;
  type: string;
  parent?: string | undefined;
  provider?: string | undefined;
}

/** An entry of the file that `pulumi import` reads. */
export type ImportEntry =
  | { type: string; name: string; component: true; parent?: string }
  | { type: string; name: string; id: string; version?: string; provider?: string; parent?: string };

/** What `pulumi import` is to take into the state. */
export interface ImportPlan {
  nameTable: Record<string, string>;
  resources: ImportEntry[];
}

/**
 * Plans the import of resources that exist without being recorded, with the components around them that are not
 * recorded either. Pure.
 * @param planned everything that an `up` would create
 * @param existing ids by URN of those among them that are there already
 */
export function planImports(planned: readonly PlannedResource[], existing: ReadonlyMap<string, string>): ImportPlan {
  const byUrn = new Map(planned.map((resource) => [resource.urn, resource]));
  const plan: ImportPlan = { nameTable: {}, resources: [] };
  const added = new Set<string>();
  const add = (urn: string): void => {
    const resource = byUrn.get(urn);
    if (!resource || added.has(urn)) return;
    added.add(urn);
    const parent = resource.parent && !isStack(resource.parent) ? resource.parent : undefined;
    const id = existing.get(urn);
    if (parent) {
      plan.nameTable[nameIn(parent)] = parent;
      add(parent);
    }
    const common = { type: resource.type, name: nameIn(urn), ...(parent ? { parent: nameIn(parent) } : {}) };
    if (id === undefined) plan.resources.push({ ...common, component: true });
    else plan.resources.push({ ...common, id, ...providerOf(resource, plan.nameTable) });
  };
  for (const urn of existing.keys()) add(urn);
  // A parent that is imported along is found by its name; only recorded ones need the table.
  for (const urn of added) delete plan.nameTable[nameIn(urn)];
  return plan;
}

/** `urn:pulumi:STACK::PROJECT::TYPES::NAME` */
function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function isStack(urn: string): boolean {
  return urn.split("::")[2] === "pulumi:pulumi:Stack";
}

/** Default providers are called `default_7_48_0`; others are in the state already, and are referred to by name. */
function providerOf(
  { provider = "" }: PlannedResource,
  nameTable: Record<string, string>,
): { version?: string; provider?: string } {
  const version = /::default_(\d+)_(\d+)_(\d+)(?:::|$)/.exec(provider);
  if (version) return { version: version.slice(1, 4).join(".") };
  // `URN::ID`
  const urn = provider.split("::").slice(0, 4).join("::");
  const name = nameIn(urn);
  if (!name || name.startsWith("default")) return {};
  nameTable[name] = urn;
  return { provider: name };
}
