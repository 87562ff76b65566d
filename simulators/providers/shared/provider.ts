import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import {
  checkProperties,
  diffProperties,
  type Failure,
  inputsOf,
  type PropertyTable,
  withDefaults,
} from "./properties.ts";
import { type Properties, secretNames, toWire, unwrapSecrets } from "./wire.ts";

/** What a call is about. */
export interface CallContext {
  /** The resource's logical name: the last part of its URN. */
  name: string;
  urn: string;
  /** Aborted when the engine gives up, for instance at the second Ctrl-C. */
  signal: AbortSignal;
}

/**
 * One resource kind of a stand-in provider. All values arrive known (but in `settle` and `rules`) and without secret
 * wrappers; a property whose input was secret becomes secret in the outputs by itself.
 */
export interface ResourceDefinition<Inputs extends object = Properties, Outputs extends object = Properties> {
  /** The vendor's type token, `aws:ec2/dedicatedHost:DedicatedHost`. */
  token: string;
  properties: PropertyTable;
  /** True where two of them cannot exist at the same time, so the old one goes first. */
  deleteBeforeReplace?: true;
  /** Inputs with more filled in than the table's defaults, such as a generated name. `olds` are the last inputs, if any. */
  settle?(inputs: Properties, olds: Properties, context: CallContext): Properties | Promise<Properties>;
  /** Rules that the table cannot say, such as arguments that exclude each other. Skip unknown values. */
  rules?(inputs: Properties): Failure[];
  create(inputs: Inputs, context: CallContext): Promise<{ id: string; outs: Outputs }>;
  /** What is there now; undefined when it is gone. For an import `state` is empty. Without it a refresh changes nothing. */
  read?(id: string, state: Partial<Outputs>, context: CallContext): Promise<Outputs | undefined>;
  /** Without it every change must be one that replaces. */
  update?(id: string, olds: Outputs, news: Inputs, context: CallContext): Promise<Outputs>;
  /** Succeeds when it is gone already. */
  delete?(id: string, state: Outputs, context: CallContext): Promise<void>;
}

/** A function of a provider, by its arguments. */
export type ProviderFunction = (args: Properties, signal: AbortSignal) => Promise<Properties>;

/** A stand-in provider: what it is called and what it offers. */
export interface ProviderDefinition {
  version: string;
  resources: readonly ResourceDefinition[];
  functions?: Readonly<Record<string, ProviderFunction>>;
}

/** Declares one resource kind; the types of its inputs and outputs are checked here and forgotten afterwards. */
export function defineResource<Inputs extends object, Outputs extends object>(
  definition: ResourceDefinition<Inputs, Outputs>,
): ResourceDefinition {
  return definition as unknown as ResourceDefinition;
}

/** The provider as Pulumi's plugin interface; `serveProvider` runs it, tests call it. */
export function createProvider(definition: ProviderDefinition): Provider {
  const cancelled = new AbortController();
  const byToken = new Map(definition.resources.map((resource) => [resource.token, resource]));
  const find = (urn: string) => {
    const token = tokenOf(urn);
    const resource = byToken.get(token);
    if (!resource) throw new Error(`resource type ${token} is not stood in for`);
    return { resource, context: { name: nameOf(urn), urn, signal: cancelled.signal } };
  };

  return {
    version: definition.version,
    async check(urn, olds, news) {
      const { resource, context } = find(urn);
      return check(resource, olds ?? {}, news, context);
    },
    async diff(_id, urn, olds, news) {
      const { resource } = find(urn);
      const diff = diffProperties(resource.properties, plain(olds), plain(news));
      return { ...diff, deleteBeforeReplace: resource.deleteBeforeReplace ?? false };
    },
    async create(urn, inputs) {
      const { resource, context } = find(urn);
      const { id, outs } = await resource.create(plain(inputs), context);
      return { id, outs: wireOutputs(resource, outs, inputs) };
    },
    async read(id, urn, state) {
      const { resource, context } = find(urn);
      if (!resource.read) return { id, props: state };
      const outs = await resource.read(id, plain(state), context);
      if (!outs) return { id: "", props: {} };
      const props = wireOutputs(resource, outs, state);
      return { id, props, inputs: inputsOf(resource.properties, props) };
    },
    async update(id, urn, olds, news) {
      const { resource, context } = find(urn);
      if (!resource.update) throw new Error(`${resource.token} cannot change in place`);
      const outs = await resource.update(id, plain(olds), plain(news), context);
      return { outs: wireOutputs(resource, outs, news) };
    },
    async delete(id, urn, state) {
      const { resource, context } = find(urn);
      await resource.delete?.(id, plain(state), context);
    },
    async invoke(token, args) {
      const run = definition.functions?.[token];
      if (!run) throw new Error(`function ${token} is not stood in for`);
      return { outputs: toWire(await run(plain(args), cancelled.signal), new Set()) };
    },
    async cancel() {
      cancelled.abort();
    },
  };
}

/** Serves the provider to the engine that started this process; returns once it listens. Configuration is accepted unread. */
export async function serveProvider(definition: ProviderDefinition): Promise<void> {
  tolerateImports();
  endWithEngine();
  await main(createProvider(definition), process.argv.slice(2));
}

/** What a create may still need after its engine was killed. */
const orphanSeconds = 30;

/** Nobody ends a plugin whose engine was killed. What it was about is finished first, as with the vendors' plugins. */
function endWithEngine(): void {
  const engine = process.ppid;
  setInterval(() => {
    if (process.ppid !== engine) setTimeout(() => process.exit(0), orphanSeconds * 1000);
  }, 5000).unref();
}

const noProperties = { toJavaScript: () => ({}) } as ReturnType<typeof protocol.ReadRequest.prototype.getProperties>;

/** An import reads without a state, which the SDK's server (3.270) takes for granted and fails on. */
function tolerateImports(): void {
  const { prototype } = protocol.ReadRequest;
  const given = prototype.getProperties;
  prototype.getProperties = function getProperties() {
    return given.call(this) ?? noProperties;
  };
}

async function check(resource: ResourceDefinition, olds: Properties, news: Properties, context: CallContext) {
  const given = plain(news);
  const filled = (await resource.settle?.(given, plain(olds), context)) ?? given;
  const settled = withDefaults(resource.properties, filled);
  const failures = [...checkProperties(resource.properties, settled), ...(resource.rules?.(settled) ?? [])];
  // A secret may sit deep inside a property, so a given property goes back as it came.
  const inputs = { ...toWire(settled, new Set()), ...keep(news, (name) => settled[name] === given[name]) };
  return { inputs, failures };
}

/** Outputs on the wire: secret where the table says so, or where the values they came from were secret. */
function wireOutputs(resource: ResourceDefinition, outs: Properties, source: Properties): Properties {
  const secrets = secretNames(source);
  for (const [name, spec] of Object.entries(resource.properties)) {
    if (spec.secret || spec.secretFrom?.some((from) => secrets.has(from))) secrets.add(name);
  }
  return toWire(outs, secrets);
}

function keep(properties: Properties, isKept: (name: string) => boolean): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => isKept(name)));
}

function plain(properties: Properties): Properties {
  return unwrapSecrets(properties) as Properties;
}

/** `urn:pulumi:stack::project::parent$token::name` */
function tokenOf(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
