import type * as pulumi from "@pulumi/pulumi";

/** What `import` of a driver module gives: one life cycle of a resource kind. */
interface DriverModule {
  // biome-ignore lint/suspicious/noExplicitAny: inputs and outputs are plain records here; the driver types and validates them.
  lifecycle: import("../drivers/lifecycle.ts").Lifecycle<any, any>;
}

/**
 * The provider of a resource kind whose logic is in a driver module: a door, nothing more. Its text goes into the
 * state and the driver's does not, so mending a driver never shows up as a change of every machine.
 *
 * Pulumi serialises these functions, so they may use nothing but their arguments, `file` and globals.
 *
 * @param file the driver module, from the folder of Pulumi.yaml: `drivers/tart/vm-resource.ts`
 */
export function door(file: string): pulumi.dynamic.ResourceProvider {
  const load = async (): Promise<DriverModule["lifecycle"]> => (await import(`${process.cwd()}/${file}`)).lifecycle;
  return {
    async configure(request) {
      (await load()).configure((key) => request.config.get(key));
    },
    async check(olds, news) {
      return (await load()).check(olds, news);
    },
    async diff(id, olds, news) {
      return (await load()).diff(id, olds, news);
    },
    async create(inputs) {
      return (await load()).create(inputs);
    },
    async read(id, outs) {
      return (await load()).read(id, outs) as Promise<pulumi.dynamic.ReadResult>;
    },
    async update(id, olds, news) {
      return (await load()).update(id, olds, news);
    },
    async delete(id, outs) {
      return (await load()).remove(id, outs);
    },
  };
}
