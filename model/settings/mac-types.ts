/** What a kind of EC2 Mac is. */
export interface MacType {
  /** As in the paths of the AMI parameters that AWS publishes. */
  architecture: "x86_64_mac" | "arm64_mac";
  /** The oldest macOS that boots on it, by its major version. */
  oldestMacos: number;
  /** The code of the quota "Running Dedicated ... Hosts" of its family, in the service `ec2`. It is 0 at first. */
  quotaCode: string;
}

/**
 * Every EC2 Mac instance type known in November 2026 (AWS, "Amazon EC2 Mac instances"; the two largest from the Pulumi
 * provider's types and published quota codes). M4 Macs need macOS 15.6 or later, and the M3 Ultra came out with macOS 15; for
 * the others the oldest AMI that AWS publishes is macOS 13.
 */
export const macTypes = {
  "mac1.metal": { architecture: "x86_64_mac", oldestMacos: 13, quotaCode: "L-A8448DC5" },
  "mac2.metal": { architecture: "arm64_mac", oldestMacos: 13, quotaCode: "L-5D8DADF5" },
  "mac2-m2.metal": { architecture: "arm64_mac", oldestMacos: 13, quotaCode: "L-B90B5B66" },
  "mac2-m2pro.metal": { architecture: "arm64_mac", oldestMacos: 13, quotaCode: "L-14F120D1" },
  "mac2-m1ultra.metal": { architecture: "arm64_mac", oldestMacos: 13, quotaCode: "L-AE4D744C" },
  "mac-m4.metal": { architecture: "arm64_mac", oldestMacos: 15, quotaCode: "L-2CBA8B92" },
  "mac-m4pro.metal": { architecture: "arm64_mac", oldestMacos: 15, quotaCode: "L-6919FC30" },
  "mac-m4max.metal": { architecture: "arm64_mac", oldestMacos: 15, quotaCode: "L-D82CB68A" },
  "mac-m3ultra.metal": { architecture: "arm64_mac", oldestMacos: 15, quotaCode: "L-7108A7B5" },
} as const satisfies Record<string, MacType>;

/** The name of an EC2 Mac instance type. */
export type MacTypeName = keyof typeof macTypes;

/** The names of all EC2 Mac instance types. */
export const macTypeNames = Object.keys(macTypes) as MacTypeName[];

/** The major versions of macOS that a fleet may run, and the names that AWS and image makers use. Apple went from 15 to 26. */
export const macosNames = { 13: "ventura", 14: "sonoma", 15: "sequoia", 26: "tahoe", 27: undefined } as const;

/** A major version of macOS. */
export type MacosVersion = keyof typeof macosNames;

/** All major versions of macOS that a fleet may run. */
export const macosVersions = Object.keys(macosNames).map(Number) as MacosVersion[];
