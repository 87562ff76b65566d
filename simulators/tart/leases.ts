import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./locks.ts";
import { type Home, milliseconds, type World } from "./world.ts";

/** One entry of macOS's `/var/db/dhcpd_leases`. */
interface Lease {
  ipAddress: string;
  macAddress: string;
  /** Seconds since 1970. */
  expires: number;
}

const leaseSeconds = 86_400;
const network = "192.168.64.";

/** Where the lease file lies: `TART_SIM_LEASES`, or beside the other things of the simulated Mac. */
function leasesPath(home: Home, env: World["env"]): string {
  return env.TART_SIM_LEASES || join(home.host, "dhcpd_leases");
}

/** Hands an address to a guest, the lowest free one; with `isDuplicate` one that another guest has. */
export async function lease(home: Home, world: World, macAddress: string, isDuplicate: boolean): Promise<void> {
  const path = leasesPath(home, world.env);
  await withLock(join(home.host, "leases.lock"), milliseconds(world.env, "LOCK_POLL"), () => {
    const others = readLeases(path).filter((l) => l.macAddress !== macAddress);
    const used = others.map((l) => l.ipAddress);
    const free = Array.from({ length: 253 }, (_, i) => `${network}${i + 2}`).find((ip) => !used.includes(ip));
    const ipAddress = (isDuplicate ? used[0] : undefined) ?? free;
    if (ipAddress === undefined) return;
    const expires = Math.floor(Date.now() / 1000) + leaseSeconds;
    writeFileSync(`${path}.new`, [...others, { ipAddress, macAddress, expires }].map(formatLease).join(""));
    renameSync(`${path}.new`, path);
  });
}

/** The address of a guest by its newest lease that has not expired, even when the guest is off. */
export function leasedAddress(home: Home, world: World, macAddress: string): string | undefined {
  const now = Date.now() / 1000;
  const leases = readLeases(leasesPath(home, world.env)).filter((l) => l.macAddress === macAddress && l.expires > now);
  return leases.sort((a, b) => b.expires - a.expires)[0]?.ipAddress;
}

function readLeases(path: string): Lease[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("}")
    .filter((block) => block.includes("{"))
    .map((block) => ({
      ipAddress: field(block, "ip_address"),
      macAddress: expandMac(field(block, "hw_address").replace(/^1,/, "")),
      expires: Number(field(block, "lease")),
    }));
}

function formatLease(entry: Lease): string {
  const mac = entry.macAddress.replace(/\b0/g, "");
  const fields = {
    name: "Managed-Virtual-Machine",
    ip_address: entry.ipAddress,
    hw_address: `1,${mac}`,
    identifier: `1,${mac}`,
    lease: `0x${entry.expires.toString(16)}`,
  };
  const lines = Object.entries(fields).map(([key, value]) => `\t${key}=${value}\n`);
  return `{\n${lines.join("")}}\n`;
}

function field(block: string, key: string): string {
  return new RegExp(`^\\s*${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
}

function expandMac(mac: string): string {
  return mac
    .split(":")
    .map((byte) => byte.padStart(2, "0"))
    .join(":");
}
