import { z } from "zod";
import { DriverError } from "../errors.ts";
import type { Exec } from "../exec/types.ts";
import { checkKnown, GONE } from "../inputs.ts";
import type { DiffResult, Lifecycle } from "../lifecycle.ts";
import { vmNameSchema } from "./check.ts";
import { type Claim, foreign, isOurs, readClaim, readIdentity, releaseClaim, takeClaim, updateClaim } from "./claim.ts";
import { tartCli } from "./cli.ts";
import {
  configureHosts,
  hostConnectionSchema,
  sshHosts,
  type TartHostConnection,
  type TartHosts,
} from "./host-connection.ts";
import { findPlaces, type HostPlaces } from "./host-files.ts";
import { formatRemoteName, parseRemoteName } from "./names.ts";

/** A golden image on one Mac. */
export interface TartImageInputs {
  host: TartHostConnection;
  /** `registry/namespace:tag` or, better, `…@sha256:…`, which is then proven. */
  reference: string;
  /** The registry speaks plain HTTP. */
  insecure: boolean;
  /** The local VM to keep it as. Derived from the reference, so that a new reference stands beside the old one. */
  goldenName: string;
  fleetId: string;
}

/** A golden image that is there. */
export interface TartImageOutputs extends TartImageInputs {
  /** `sha256:…` of its manifest. */
  digest: string;
}

const schema = z.object({
  host: hostConnectionSchema,
  reference: z.string().refine(isReference, "is not an image such as `registry.example/macos/base@sha256:…`"),
  insecure: z.boolean(),
  goldenName: vmNameSchema,
  fleetId: z.string().min(1),
});

/** The life of a golden image on one Mac: pulled, then kept as a local VM, which tart's cache clean-up leaves alone. */
export function createTartImageLifecycle(hosts: TartHosts): Lifecycle<TartImageInputs, TartImageOutputs> {
  return {
    configure: configureHosts,
    check: async (_olds, news) => ({ inputs: news, failures: checkKnown(schema, news) }),
    diff: async (_id, olds, news) => diff(olds, news),
    async create(news) {
      const inputs = schema.parse(news);
      const digest = await makeGolden(hosts, inputs);
      return { id: `${inputs.host.name}/${inputs.goldenName}`, outs: { ...inputs, digest } };
    },
    async read(id, outs) {
      const exec = hosts.execFor(outs.host);
      const places = await findPlaces(exec);
      const { claim, identity } = await observe(exec, places, outs.goldenName);
      const isThere = identity !== undefined && isOurs(claim, outs.fleetId, identity);
      return isThere ? { id, props: { ...outs, digest: claim?.imageDigest ?? outs.digest } } : GONE;
    },
    async update(_id, olds, news) {
      return { outs: { ...schema.parse(news), digest: olds.digest } };
    },
    remove: (_id, outs) => removeGolden(hosts, outs),
  };
}

/** For Pulumi. */
export const lifecycle = createTartImageLifecycle(sshHosts);

function diff(olds: TartImageOutputs, news: TartImageInputs): DiffResult {
  const replaces = [
    ...(olds.host.name === news.host.name ? [] : ["host"]),
    ...(["reference", "goldenName", "fleetId"] as const).filter((key) => olds[key] !== news[key]),
  ];
  const moved = (["address", "port", "user", "hostKey"] as const).some((key) => olds.host[key] !== news.host[key]);
  const changes = replaces.length > 0 || moved || olds.insecure !== news.insecure;
  return { changes, replaces, deleteBeforeReplace: replaces.length > 0 && olds.goldenName === news.goldenName };
}

/** @returns the digest; what an interrupted run has made is taken over */
async function makeGolden(hosts: TartHosts, inputs: TartImageInputs): Promise<string> {
  const exec = hosts.execFor(inputs.host);
  const places = await findPlaces(exec);
  const { goldenName, fleetId } = inputs;
  const { claim, identity } = await observe(exec, places, goldenName);
  const pinned = parseRemoteName(inputs.reference).digest;
  if ((claim || identity) && !isOurs(claim, fleetId, identity)) throw foreign(exec, goldenName, claim);
  if (claim?.imageDigest && identity) {
    if (!pinned || pinned === claim.imageDigest) return settle(exec, places, claim, claim.imageDigest);
    await tartCli(exec).delete(goldenName);
  }
  if (!claim) await takeClaim(exec, places, { fleetId, vm: goldenName });
  const digest = await hosts.inLane(inputs.host, "pull", () => pull(exec, inputs, pinned));
  const own = { fleetId, vm: goldenName, imageDigest: digest };
  await updateClaim(exec, places, own);
  const source = formatRemoteName({ ...parseRemoteName(inputs.reference), digest });
  await hosts.inLane(inputs.host, "change", () =>
    tartCli(exec).clone(source, goldenName, { insecure: inputs.insecure }),
  );
  return settle(exec, places, own, digest);
}

/** Tart does not check what it fetched, so a pinned digest is compared here. */
async function pull(exec: Exec, { reference, insecure }: TartImageInputs, pinned: string | undefined): Promise<string> {
  const digest = await tartCli(exec).pull(reference, { insecure });
  if (!pinned || digest === pinned) return digest;
  throw new DriverError(`the registry gave ${exec.where} another image than ${reference}`, {
    kind: "unexpected-output",
    vendorText: digest,
  });
}

/** Notes the identity, by which the VM is known from now on. */
async function settle(exec: Exec, places: HostPlaces, claim: Claim, digest: string): Promise<string> {
  if (claim.settled) return digest;
  const identity = await readIdentity(exec, places, claim.vm);
  await updateClaim(exec, places, { ...claim, ecid: identity?.ecid, settled: true });
  return digest;
}

async function removeGolden(hosts: TartHosts, { host, goldenName, fleetId }: TartImageOutputs): Promise<void> {
  const exec = hosts.execFor(host);
  const places = await findPlaces(exec);
  const { claim, identity } = await observe(exec, places, goldenName);
  if (!claim && !identity) return;
  if (!isOurs(claim, fleetId, identity)) throw foreign(exec, goldenName, claim);
  await hosts.inLane(host, "change", () => tartCli(exec).delete(goldenName));
  await releaseClaim(exec, places, goldenName);
}

async function observe(exec: Exec, places: HostPlaces, vm: string) {
  const claim = await readClaim(exec, places, vm);
  return { claim, identity: await readIdentity(exec, places, vm) };
}

function isReference(text: string): boolean {
  try {
    parseRemoteName(text);
    return true;
  } catch {
    return false;
  }
}
