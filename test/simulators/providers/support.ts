import type { Provider } from "@pulumi/pulumi/provider/index.js";
import { createProvider, type ProviderDefinition } from "../../../simulators/providers/shared/provider.ts";
import type { Properties } from "../../../simulators/providers/shared/wire.ts";

/** A secret as the engine sends it. */
export function secret(value: unknown): Properties {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

/** A provider's calls for one resource, as the engine makes them. */
export function resourceOf(definition: ProviderDefinition, token: string, name = "thing") {
  const provider: Required<Provider> = createProvider(definition) as Required<Provider>;
  const urn = `urn:pulumi:stack::project::parent:index:Parent$${token}::${name}`;
  return {
    provider,
    check: (news: Properties, olds: Properties = {}) => provider.check(urn, olds, news),
    diff: (olds: Properties, news: Properties) => provider.diff("id", urn, olds, news),
    create: (inputs: Properties) => provider.create(urn, inputs),
    read: (id: string, state: Properties) => provider.read(id, urn, state),
    update: (id: string, olds: Properties, news: Properties) => provider.update(id, urn, olds, news),
    delete: (id: string, state: Properties) => provider.delete(id, urn, state),
    /** Check and create, as `pulumi up` does. */
    async up(news: Properties) {
      const { inputs, failures } = await provider.check(urn, {}, news);
      if (failures?.length) throw new Error(failures.map(({ reason }) => reason).join("\n"));
      const { id, outs } = await provider.create(urn, inputs);
      return { id, inputs: inputs as Properties, outs: outs as Properties };
    },
  };
}

/** A file as the engine sends it. */
export function asset(content: { text: string } | { path: string }): Properties {
  return { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", ...content };
}

/** An archive as the engine sends it. */
export function archive(content: { assets: Properties } | { path: string } | { uri: string }): Properties {
  return { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", ...content };
}
