import { createHash } from "node:crypto";

/**
 * The names of everything a fleet makes. All are lower-case letters, digits and single dashes, start with a letter and fit
 * the limits of their kind; a name that is too long, or made of parts with other characters, is cut and ends in a hash of its
 * parts, so it stays the same from run to run and differs from its neighbours.
 */

/** For sorting by name: `mac-2` comes before `mac-10`. */
export const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The stack that a name belongs to. */
export interface StackPlace {
  /** The fleet's name from the settings. */
  fleet: string;
  /** The stack's name, as Pulumi has it. */
  stack: string;
}

/** The pool that a name belongs to. */
export interface PoolPlace extends StackPlace {
  /** The pool's name from the settings. */
  pool: string;
}

/** The longest name of each kind of AWS resource (API references of the services). */
export const awsNameLimits = {
  role: 64,
  instanceProfile: 128,
  launchTemplate: 128,
  securityGroup: 255,
  alarm: 255,
  logGroup: 512,
  topic: 256,
  table: 255,
  function: 64,
  schedule: 64,
  scheduleGroup: 64,
  dashboard: 255,
} as const;

/** A kind of AWS resource that has a name of its own. */
export type AwsNamed = keyof typeof awsNameLimits;

/** The longest names in an Orka cluster (Orka documents, `vm-config create` and `vm deploy`). */
export const orkaNameLimits = { vmConfig: 50, vm: 63 } as const;

/** Tart keeps a VM in a folder of its name and sets no limit; this one keeps its control socket's path short. */
export const tartNameLimit = 63;

/** Identifiers, tag values and metadata that mark what a fleet owns. The longest that fits everywhere. */
export const fleetIdLimit = 63;

/** The AWS tag that carries a fleet's mark. A Mac reads its tags by URL, so their names have no space and no slash. */
export const fleetMarkTag = "mac-runner-fleet:id";

/** The AWS tag that says which pool something belongs to. */
export const poolTag = "mac-runner-fleet:pool";

/**
 * The first words of what an EC2 pool's parts are called after the pool. A pool of that name would have its parts' names: those
 * of `macs`' sweeper would be those of a pool `macs-sweeper`.
 */
export const partWords: readonly string[] = [
  ...["api", "below", "caller", "chores", "controller", "end", "host", "launch", "lease"],
  ...["look", "past", "scrub", "set", "ssh", "sweep", "sweeper", "tell"],
];

/** What a fleet is called wherever several share a place: `<fleet>-<stack>`. Its mark begins with this. */
export function fleetId({ fleet, stack }: StackPlace): string {
  return fit([fleet, stack], fleetIdLimit);
}

/** The name of a pool's AWS resource: `<fleet>-<stack>-<pool>`, with what it is for when a pool has several of the kind. */
export function awsName(kind: AwsNamed, { fleet, stack, pool }: PoolPlace, purpose?: string): string {
  return fit([fleet, stack, pool, ...(purpose ? [purpose] : [])], awsNameLimits[kind]);
}

/** The name of an AWS resource that the whole fleet shares: `<fleet>-<stack>`, with what it is for. */
export function sharedAwsName(kind: AwsNamed, { fleet, stack }: StackPlace, purpose?: string): string {
  return fit([fleet, stack, ...(purpose ? [purpose] : [])], awsNameLimits[kind]);
}

/** S3 knows each name once in the world, so a bucket's begins with the fleet's mark, which has random bytes in it. */
export function bucketName(mark: string, pool: string): string {
  return fit([mark, pool], bucketNameLimit);
}

const bucketNameLimit = 63;

/**
 * The SSM parameter with the token for the CI system's API. It is outside of every pool's own folder, from which Macs
 * read: a pool's name has no underscore.
 */
export function apiTokenParameter(mark: string, pool: string): string {
  return `/mac-runner-fleet/${mark}/api_token/${pool}`;
}

/** A dedicated host: its name tag and the zone it is in. */
export interface HostPlace {
  name: string;
  zone: string;
}

/** What names the hosts of an EC2 pool. */
export interface NamedHosts {
  hostNamePrefix: string;
  hosts: number;
  /** Missing where the pool has always so many. */
  sizing?: { maxHosts: number } | undefined;
  zones: readonly string[];
}

/** The most hosts that an EC2 pool may have. */
export function mostHosts({ hosts, sizing }: Pick<NamedHosts, "hosts" | "sizing">): number {
  return sizing?.maxHosts ?? hosts;
}

/**
 * All hosts that an EC2 pool may have, `<prefix>-1` and so on, dealt over the zones in turn; those that it always has come
 * first. More hosts never move the earlier ones.
 */
export function ec2Hosts(pool: NamedHosts): HostPlace[] {
  return Array.from({ length: mostHosts(pool) }, (_, index) => ({
    name: `${pool.hostNamePrefix}-${index + 1}`,
    zone: pool.zones[index % pool.zones.length] ?? "",
  }));
}

/** The name of an Orka VM config: `<fleet>-<stack>-<pool>-<image>`. */
export function orkaVmConfigName({ fleet, stack, pool }: PoolPlace, image: string): string {
  return fit([fleet, stack, pool, image], orkaNameLimits.vmConfig);
}

/** The name of an Orka VM: `<fleet>-<stack>-<pool>-<image>-<n>`, counted from 1. */
export function orkaVmName({ fleet, stack, pool }: PoolPlace, image: string, n: number): string {
  return fit([fleet, stack, pool, image, String(n)], orkaNameLimits.vm);
}

/** The name of the Tart VM of a slot: `<fleet>-<stack>-<pool>-slot-<n>`, counted from 1. Unique on its Mac. */
export function tartVmName({ fleet, stack, pool }: PoolPlace, slot: number): string {
  return fit([fleet, stack, pool, "slot", String(slot)], tartNameLimit);
}

/**
 * The name of the local VM that slots are cloned from: `golden-<fleet>-<stack>-<image>-<12 digits>` of the digest, or of
 * a hash of the reference. Stacks that share a Mac keep one each, which costs no disk space: clones share their blocks.
 */
export function goldenVmName({ fleet, stack }: StackPlace, image: string, reference: string): string {
  const digest = /@sha256:([0-9a-f]{64})$/.exec(reference)?.[1] ?? sha256(reference);
  return fit(["golden", fleet, stack, image, digest.slice(0, 12)], tartNameLimit);
}

/** A resource's name within the Pulumi program: its parts with dashes. Never shortened; the engine has no limit that matters. */
export function logicalName(...parts: [string, ...(string | number)[]]): string {
  return parts.join("-");
}

const hashLetters = 8;

/** Parts with dashes between them, made to fit. */
function fit(parts: readonly string[], limit: number): string {
  const name = parts.join("-");
  const clean = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  if (clean === name && clean.length <= limit) return name;
  const start = (clean || "x").slice(0, limit - hashLetters - 1).replace(/-+$/, "");
  return `${start}-${sha256(parts.join("/")).slice(0, hashLetters)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
