import type { Exec } from "../exec/types.ts";
import { type Claim, foreign, isOurs, readClaim, readIdentity, releaseClaim, takeClaim, updateClaim } from "./claim.ts";
import type { Clock } from "./clock.ts";
import type { HostPlaces } from "./host-files.ts";
import type { VmDetails, VmIdentity } from "./json.ts";
import type { Tart, VmChanges } from "./types.ts";
import { vmAgent } from "./vm-agent.ts";

/** What the steps of a VM's life work with. */
export interface VmPorts {
  exec: Exec;
  tart: Tart;
  places: HostPlaces;
  clock: Clock;
}

/** What a VM is to be. */
export interface VmSpec {
  name: string;
  fleetId: string;
  /** The golden VM. */
  image: string;
  imageDigest: string;
  cpu: number;
  memoryGb: number;
  diskGb: number;
}

/**
 * Brings the VM to what it is to be, from whatever an earlier run left: claimed, copied, given an identity of its own,
 * sized. One that has to change is powered off; one that is right is left alone.
 * @throws DriverError `not-ours`
 */
export async function buildVm(ports: VmPorts, spec: VmSpec): Promise<VmIdentity> {
  const { claim, isThere } = await settleOwnership(ports, spec);
  const details = isThere ? await ports.tart.get(spec.name) : await ports.tart.clone(spec.image, spec.name);
  const changes = changesFor(spec, details, claim);
  if (changes) {
    if (details.state !== "stopped") await powerOff(ports, spec.name);
    await ports.tart.set(spec.name, changes);
  }
  const identity = await requireIdentity(ports, spec.name);
  if (!claim.settled) {
    await updateClaim(ports.exec, ports.places, { ...claim, ecid: identity.ecid, settled: true });
  }
  return identity;
}

/**
 * Ends a VM and all that was made for it. Succeeds when it is gone already.
 * @throws DriverError `not-ours`
 */
export async function removeVm(ports: VmPorts, name: string, fleetId: string): Promise<void> {
  const { exec, places } = ports;
  const claim = await readClaim(exec, places, name);
  const identity = await readIdentity(exec, places, name);
  if (!claim && !identity) return;
  if (!isOurs(claim, fleetId, identity)) throw foreign(exec, name, claim);
  await discard(ports, name, identity);
  const { plist, logs } = vmAgent(exec, places, name, ports.clock);
  await releaseClaim(exec, places, name, [plist, ...logs]);
}

/** Takes the VM from launchd, so that it stays off, and pulls the plug. */
export async function powerOff({ exec, tart, places, clock }: VmPorts, name: string): Promise<void> {
  await vmAgent(exec, places, name, clock).unload();
  await tart.stop(name);
}

/** Claims the name where nobody has it; a half-made VM of another image goes. */
async function settleOwnership(ports: VmPorts, spec: VmSpec): Promise<{ claim: Claim; isThere: boolean }> {
  const { exec, places } = ports;
  const { name, fleetId, imageDigest } = spec;
  const fresh = { fleetId, vm: name, imageDigest };
  const claim = await readClaim(exec, places, name);
  const identity = await readIdentity(exec, places, name);
  if (!claim && !identity) {
    await takeClaim(exec, places, fresh);
    return { claim: fresh, isThere: false };
  }
  if (!claim || !isOurs(claim, fleetId, identity)) throw foreign(exec, name, claim);
  if (claim.imageDigest === imageDigest && (identity || !claim.settled)) {
    return { claim, isThere: identity !== undefined };
  }
  await discard(ports, name, identity);
  await updateClaim(exec, places, fresh);
  return { claim: fresh, isThere: false };
}

async function discard(ports: VmPorts, name: string, identity: VmIdentity | undefined): Promise<void> {
  if (identity) await powerOff(ports, name);
  else await vmAgent(ports.exec, ports.places, name, ports.clock).unload();
  await ports.tart.delete(name);
}

/** Undefined when nothing has to change. */
function changesFor(spec: VmSpec, details: VmDetails, claim: Claim): VmChanges | undefined {
  const memoryMb = Math.round(spec.memoryGb * 1024);
  const isRight = details.cpu === spec.cpu && details.memoryMb === memoryMb && details.diskGb === spec.diskGb;
  if (isRight && claim.settled) return undefined;
  const own = claim.settled ? {} : { randomMac: true, randomSerial: details.os === "darwin" };
  return { cpu: spec.cpu, memoryMb, diskGb: spec.diskGb, ...own };
}

async function requireIdentity({ exec, places }: VmPorts, name: string): Promise<VmIdentity> {
  const identity = await readIdentity(exec, places, name);
  if (identity) return identity;
  throw foreign(exec, name, undefined);
}
