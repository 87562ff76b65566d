import { z } from "zod";
import { DriverError } from "../errors.ts";
import type { Exec } from "../exec/types.ts";
import { createHostFile, type HostPlaces, readHostFile, removeHostFiles, writeHostFile } from "./host-files.ts";
import { parseIdentity, type VmIdentity } from "./json.ts";

/**
 * A fleet's mark on a VM: a file on the Mac, written while there is no VM of that name and removed after it is deleted.
 * A VM without the fleet's claim, or with another machine identity than the claim says, belongs to somebody else.
 */
export interface Claim {
  fleetId: string;
  vm: string;
  /** `sha256:…` of the image that the VM is or will be a copy of. */
  imageDigest?: string | undefined;
  /** The VM's machine identity, from when it is settled; Linux guests have none. */
  ecid?: string | undefined;
  /** The VM has got all that is its own: a fresh MAC address and identity. */
  settled?: boolean | undefined;
}

const schema = z.object({
  fleetId: z.string(),
  vm: z.string(),
  imageDigest: z.string().optional(),
  ecid: z.string().optional(),
  settled: z.boolean().optional(),
});

/** The claim on a VM of this name, whoever's it is; undefined when there is none. */
export async function readClaim(exec: Exec, places: HostPlaces, vm: string): Promise<Claim | undefined> {
  const text = await readHostFile(exec, claimPath(places, vm));
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const hint = `If the VM is not needed, delete it by hand, then ${claimPath(places, vm)}.`;
    throw new DriverError(`the claim on VM ${vm} on ${exec.where} cannot be read`, { kind: "not-ours", hint, cause });
  }
}

/** Writes a claim where there is none. @throws DriverError `not-ours` when somebody was faster */
export async function takeClaim(exec: Exec, places: HostPlaces, claim: Claim): Promise<void> {
  if (await createHostFile(exec, claimPath(places, claim.vm), serialise(claim))) return;
  const holder = await readClaim(exec, places, claim.vm);
  if (holder?.fleetId !== claim.fleetId) throw foreign(exec, claim.vm, holder);
}

/** Writes more into one's own claim. */
export async function updateClaim(exec: Exec, places: HostPlaces, claim: Claim): Promise<void> {
  await writeHostFile(exec, claimPath(places, claim.vm), serialise(claim));
}

/** Gives up the claim, after removing the files that belong to the VM; nothing happens when there is none. */
export async function releaseClaim(
  exec: Exec,
  places: HostPlaces,
  vm: string,
  files: readonly string[] = [],
): Promise<void> {
  await removeHostFiles(exec, [...files, claimPath(places, vm)]);
}

/** True when the claim is this fleet's and the VM, if there is one, is the one that it was written for. */
export function isOurs(claim: Claim | undefined, fleetId: string, identity: VmIdentity | undefined): boolean {
  if (claim?.fleetId !== fleetId) return false;
  return identity === undefined || claim.ecid === undefined || claim.ecid === identity.ecid;
}

/** The refusal to touch a VM that is not this fleet's. */
export function foreign(exec: Exec, vm: string, claim: Claim | undefined): DriverError {
  const owner = claim ? `fleet ${claim.fleetId} has claimed it` : "no fleet has claimed it";
  return new DriverError(`VM ${vm} on ${exec.where} is not this fleet's: ${owner}, or it was replaced by hand`, {
    kind: "not-ours",
    hint: `Rename it or delete it by hand: tart delete ${vm}`,
  });
}

/** What identifies the VM; undefined when there is none. @throws DriverError when its config cannot be read */
export async function readIdentity(exec: Exec, places: HostPlaces, vm: string): Promise<VmIdentity | undefined> {
  const path = `${places.tartHome}/vms/${vm}/config.json`;
  const text = await readHostFile(exec, path);
  return text === undefined ? undefined : parseIdentity(`${path} on ${exec.where}`, text);
}

function claimPath({ home }: HostPlaces, vm: string): string {
  return `${home}/.mac-runner-fleet/claims/${vm}.json`;
}

function serialise(claim: Claim): string {
  return `${JSON.stringify(claim)}\n`;
}
