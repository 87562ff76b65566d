import type { Region } from "./aws-places.ts";
import type { ParsedBlocks } from "./schema.ts";

/** The fleet as a whole. */
export type FleetSettings = ParsedBlocks["fleet"];
/** A CI system that Macs work for. */
export type RunnerSettings = ParsedBlocks["runners"][number];
/** What machines boot. */
export type ImageSettings = ParsedBlocks["images"][number];
/** An AMI: has `ami` or `ssmParameter`, never both. */
export type Ec2MacImageSettings = Extract<ImageSettings, { kind: "ec2-mac" }>;
/** An image of an Orka cluster. */
export type OrkaImageSettings = Extract<ImageSettings, { kind: "orka" }>;
/** A Tart image in an OCI registry. */
export type TartImageSettings = Extract<ImageSettings, { kind: "tart" }>;
/** When somebody is told. */
export type AlertSettings = ParsedBlocks["alerts"];
/** Who is told. */
export type NotifySettings = ParsedBlocks["notify"];

type ParsedPool = ParsedBlocks["pools"][number];
type ParsedEc2MacPool = Extract<ParsedPool, { kind: "ec2-mac" }>;

/** Dedicated Macs on EC2. */
export type Ec2MacPoolSettings = ParsedEc2MacPool & { region: Region; hostNamePrefix: string; floor: number };
/** VMs of an Orka cluster. */
export type OrkaPoolSettings = Extract<ParsedPool, { kind: "orka" }>;
/** Macs of your own, with Tart. */
export type TartPoolSettings = Extract<ParsedPool, { kind: "tart" }>;
/** Machines of one kind with one policy. */
export type PoolSettings = Ec2MacPoolSettings | OrkaPoolSettings | TartPoolSettings;

/** Everything that a stack file says, checked and with all defaults. */
export interface Settings {
  fleet: FleetSettings;
  runners: RunnerSettings[];
  images: ImageSettings[];
  pools: PoolSettings[];
  alerts: AlertSettings;
  notify: NotifySettings;
}

/** What a stack file holds, before any check. */
export interface RawSettings {
  /** The structured values, by block name without the project's prefix. */
  blocks: Record<string, unknown>;
  /** `aws:region`. */
  region: string | undefined;
  /** Names of encrypted values, without the project's prefix. */
  secretKeys: string[];
  /** Names of values in plain text that are not blocks, without the project's prefix. */
  plainKeys: string[];
}

/** A type in which all may be missing but what tells variants apart: settings as far as they are well-formed. A malformed value's key is there (`in`) and its value undefined. */
export type Draft<T> = T extends readonly (infer Entry)[]
  ? (Draft<Entry> | undefined)[]
  : T extends object
    ? { [Key in keyof T]?: Draft<T[Key]> | undefined } & Pick<T, Extract<keyof T, "kind" | "ci">>
    : T;

/** All blocks, as far as they are well-formed. Entries keep their positions. */
export type DraftBlocks = Draft<ParsedBlocks>;
/** A pool, as far as it is well-formed. */
export type DraftPool = Draft<ParsedPool>;
/** An image, as far as it is well-formed. */
export type DraftImage = Draft<ImageSettings>;
