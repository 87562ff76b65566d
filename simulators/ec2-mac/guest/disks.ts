import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestPlan } from "./plan.ts";

/** The disks of one simulated Mac: folders. */
export interface Disks {
  /** Becomes `/`. */
  root: string;
  /** The internal SSD, which a new root volume leaves as it is. */
  internal: string;
}

/** Folders of a fresh root volume, and their modes. */
const FOLDERS: readonly (readonly [string, number])[] = [
  ["Applications", 0o775],
  ["Library/LaunchDaemons", 0o755],
  ["Library/LaunchAgents", 0o755],
  ["Library/Preferences", 0o755],
  ["Library/User Template", 0o700],
  ["System/Library/LaunchDaemons", 0o755],
  ["System/Simulator", 0o755],
  ["System/Volumes/Data", 0o755],
  ["Users/Shared", 0o1777],
  ["Users/ec2-user", 0o750],
  ["Volumes/InternalDisk", 0o755],
  ["dev", 0o755],
  ["opt/homebrew/bin", 0o755],
  ["opt/homebrew/etc", 0o755],
  ["private/etc/pf.anchors", 0o755],
  ["private/tmp", 0o1777],
  ["private/var/at", 0o755],
  ["private/var/db/simulator", 0o755],
  ["private/var/folders", 0o755],
  ["private/var/log/amazon/ec2", 0o755],
  ["private/var/root", 0o700],
  ["private/var/run", 0o755],
  ["private/var/tmp", 0o1777],
  ["proc", 0o555],
  ["usr/local/bin", 0o755],
  ["usr/local/libexec", 0o755],
  ["usr/local/aws/ec2-macos-init/instances", 0o755],
];

/** Links of a fresh root volume: those of macOS, and those that lead to its simulated system. */
const LINKS: readonly (readonly [string, string])[] = [
  ["etc", "private/etc"],
  ["tmp", "private/tmp"],
  ["var", "private/var"],
  ["bin", "System/Simulator/system/bin"],
  ["sbin", "System/Simulator/system/sbin"],
  ["usr/bin", "/System/Simulator/system/usr/bin"],
  ["usr/sbin", "/System/Simulator/system/usr/sbin"],
  ["usr/libexec", "/System/Simulator/system/usr/libexec"],
  ["usr/share", "/System/Simulator/linux/share"],
  ["usr/lib", "/System/Simulator/linux/lib"],
  ["usr/lib64", "/System/Simulator/linux/lib64"],
  ["usr/local/bin/aws", "/System/Simulator/fleet/simulators/mac/guest-bin/aws"],
  ["opt/homebrew/bin/brew", "/System/Simulator/fleet/simulators/mac/guest-bin/brew"],
  ["lib", "/System/Simulator/linux/lib"],
  ["lib64", "/System/Simulator/linux/lib64"],
];

/** Homebrew belongs to the user `ec2-user`; it refuses to run as root. */
const HOMEBREW = ["opt/homebrew", "opt/homebrew/bin", "opt/homebrew/etc", "Users/ec2-user"];
const EC2_USER = 501;
const STAFF = 20;

const PF_CONF = `scrub-anchor "com.apple/*"
nat-anchor "com.apple/*"
rdr-anchor "com.apple/*"
dummynet-anchor "com.apple/*"
anchor "com.apple/*"
load anchor "com.apple" from "/etc/pf.anchors/com.apple"
`;

/** Makes the disks that the plan names, fresh where they are not the ones that are there. */
export function prepareDisks(folder: string, plan: GuestPlan): Disks {
  const disks = { root: join(folder, "root"), internal: join(folder, "internal") };
  renew(disks.root, plan.rootVolume, () => makeRootVolume(disks.root));
  renew(disks.internal, plan.internalDisk, () => mkdirSync(disks.internal, { recursive: true }));
  return disks;
}

function renew(disk: string, name: string, make: () => void): void {
  const label = `${disk}.name`;
  if (existsSync(label) && readFileSync(label, "utf8") === name) return;
  rmSync(label, { force: true });
  rmSync(disk, { recursive: true, force: true });
  make();
  writeFileSync(label, name);
}

function makeRootVolume(root: string): void {
  for (const [path, mode] of FOLDERS) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
  }
  for (const [path, target] of LINKS) symlinkSync(target, join(root, path));
  if (process.getuid?.() === 0) for (const path of HOMEBREW) chownSync(join(root, path), EC2_USER, STAFF);
  writeFileSync(join(root, "private/etc/pf.conf"), PF_CONF);
  writeFileSync(join(root, "private/etc/hosts"), "127.0.0.1 localhost\n169.254.169.254 instance-data\n");
  writeFileSync(join(root, "private/etc/paths"), "/usr/local/bin\n/usr/bin\n/bin\n/usr/sbin\n/sbin\n");
}
