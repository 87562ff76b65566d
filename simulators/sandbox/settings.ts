import type { Settings } from "../../model/settings.ts";
import type { ServeReady } from "./serve.ts";

/** A stack file, read from YAML. */
export interface StackFile {
  config: Record<string, unknown>;
}

const key = (block: string) => `mac-runner-fleet:${block}`;

interface PoolEntry {
  kind: string;
  apiUrl?: string;
  controller?: string;
  hosts?: { name: string; address: string; port?: number; hostKey: string }[];
}

interface ImageEntry {
  kind: string;
  reference?: string;
  insecure?: boolean;
}

/** Where an image is in the simulated registry, whatever registry and digest the settings name. */
export function simulatedImage(reference: string): { repository: string; tag: string } {
  const [path = "", digest] = reference.split("@");
  const name = path.slice(path.indexOf("/") + 1);
  const [repository = "", tag] = name.split(":");
  return {
    repository,
    tag: tag ?? (digest ? `pinned-${digest.slice("sha256:".length, "sha256:".length + 12)}` : "latest"),
  };
}

/** A stack file with the addresses and keys that the simulators really have, and nothing that guards real machines. */
export function adapt(file: StackFile, ready: ServeReady, bootsInstances: boolean): StackFile {
  const images = (file.config[key("images")] as ImageEntry[]).map((image) => {
    if (image.kind !== "tart" || !image.reference) return image;
    const { repository, tag } = simulatedImage(image.reference);
    return { ...image, reference: `${ready.registryAddress}/${repository}:${tag}`, insecure: true };
  });
  const pools = (file.config[key("pools")] as PoolEntry[]).map((pool) => {
    // A controller would wait in vain for Macs that do not boot, and end them, over and over.
    if (pool.kind === "ec2-mac" && !bootsInstances) return { ...pool, controller: "none" };
    if (pool.kind === "orka") return { ...pool, apiUrl: ready.orkaUrl };
    if (pool.kind === "tart")
      return { ...pool, hosts: pool.hosts?.map((host) => ({ ...host, ...addressOf(host.name, ready) })) };
    return pool;
  });
  return { ...file, config: { ...file.config, [key("images")]: images, [key("pools")]: pools } };
}

function addressOf(name: string, ready: ServeReady) {
  const mac = ready.macs.find((candidate) => candidate.name === name);
  if (!mac) throw new Error(`the sandbox has no Mac called ${name}; stop it and start it again`);
  return { address: "127.0.0.1", port: mac.port, hostKey: mac.hostKey };
}

function buildkiteOf({ runners }: Settings): { organization: string; cluster: string } {
  const runner = runners.find(({ ci }) => ci === "buildkite");
  const { organization = "example-org", cluster = "" } = runner?.ci === "buildkite" ? runner : {};
  return { organization, cluster };
}

function githubOf({ runners }: Settings): { owner: string } {
  const runner = runners.find(({ ci }) => ci === "github");
  return { owner: runner?.ci === "github" ? runner.owner : "example-org" };
}

/** What has to be simulated for these settings. */
export function needs(settings: Settings) {
  const macs = settings.pools.flatMap((pool) => (pool.kind === "tart" ? pool.hosts.map(({ name }) => name) : []));
  const vms = settings.pools.flatMap((pool) => (pool.kind === "orka" ? pool.vms.map(({ count }) => count) : []));
  return {
    macs: [...new Set(macs)],
    ...buildkiteOf(settings),
    ...githubOf(settings),
    orkaImages: settings.images.flatMap((image) =>
      image.kind === "orka" ? [{ name: image.image, sizeGb: image.diskGb }] : [],
    ),
    // Two VMs to a Mac, and one Mac to spare.
    orkaNodes: Math.ceil(vms.reduce((sum, count) => sum + count, 0) / 2) + 1,
    tartImages: settings.images.flatMap((image) => (image.kind === "tart" ? [simulatedImage(image.reference)] : [])),
  };
}
