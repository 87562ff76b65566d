import { poolMark } from "./lease-mark.ts";
import type { HourlyPrices } from "./ledger.ts";
import { policyDefaults } from "./policy.ts";
import { releasableAt } from "./release.ts";
import type { Instant, Tags } from "./types.ts";

/**
 * Test hosts: Macs that a person has for trying changes. They carry the fleet's mark and a pool tag of their own,
 * `<pool>/test`, which no pool can have as its name; so no controller takes them for its own.
 */

/** How long a test Mac's supervisor leaves it in peace, in seconds: three days. */
export const testLifeSeconds = 72 * 3600;

/** The pool tag of the test hosts of a pool. */
export function testPool(pool: string): string {
  return `${pool}/test`;
}

/** The tags that prove that something is a test host of the pool, or on one. */
export function testMark(fleetId: string, pool: string): Tags {
  return poolMark(fleetId, testPool(pool));
}

/** The first free name: `<user>-test-<n>`. */
export function testHostName(user: string, taken: readonly string[]): string {
  const clean =
    user
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "") || "somebody";
  for (let n = 1; ; n += 1) {
    const name = `${clean}-test-${n}`;
    if (!taken.includes(name)) return name;
  }
}

/** What a test host has cost at most, scrubs included, and when AWS takes it back at the earliest. */
export interface TestHostBill {
  /** Missing when the price of its type is not known. */
  dollars: number | undefined;
  releasableAt: Instant;
}

/** The bill of a test host. */
export function testHostBill(
  { instanceType, allocatedAt }: { instanceType: string; allocatedAt: Instant },
  prices: HourlyPrices,
  now: Instant,
): TestHostBill {
  const price = prices[instanceType];
  const dollars = price === undefined ? undefined : (Math.max(0, now - allocatedAt) / 3600) * price;
  return { dollars, releasableAt: releasableAt({ allocatedAt }, policyDefaults) };
}
