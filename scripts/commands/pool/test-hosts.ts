import { describeHosts, type ObservedHost } from "../../../drivers/ec2/hosts.ts";
import { listPrices } from "../../../model/ec2-mac/prices.ts";
import { testHostBill, testMark } from "../../../model/ec2-mac/test-host.ts";
import { iso } from "../../../model/ec2-mac/words.ts";
import type { OpenPool } from "./access.ts";

/** The test hosts of a pool that have not been given back. */
export async function lookAtTestHosts(
  { ec2, fleetId, name }: Pick<OpenPool, "ec2" | "fleetId" | "name">,
  signal: AbortSignal,
): Promise<ObservedHost[]> {
  const hosts = await describeHosts(ec2, { tags: testMark(fleetId, name) }, signal);
  return hosts.filter(({ state }) => !state.startsWith("released")).sort((a, b) => a.name.localeCompare(b.name));
}

/** A test host as a row of a table. */
export function testHostRow(pool: OpenPool, host: ObservedHost) {
  const now = pool.clock.now();
  const allocatedAt = Math.floor(host.allocatedAt.getTime() / 1000);
  const { dollars, releasableAt } = testHostBill({ instanceType: host.instanceType, allocatedAt }, listPrices, now);
  return {
    pool: pool.name,
    test_host: host.name,
    id: host.hostId,
    type: host.instanceType,
    zone: host.zone,
    state: host.state,
    machine: host.instanceIds.join(" "),
    usd_so_far: dollars?.toFixed(2) ?? "",
    release_from: releasableAt <= now ? "now" : iso(releasableAt),
  };
}

/** Columns of {@link testHostRow}. */
export const testHostColumns = [
  "pool",
  "test_host",
  "id",
  "type",
  "zone",
  "state",
  "machine",
  "usd_so_far",
  "release_from",
] as const;

/** The command that gives a test host back. */
export function releaseLine({ place }: Pick<OpenPool, "place">, name: string): string {
  return `fleet pool test-host release ${name} --stack ${place.stack}`;
}

/** Tells on stderr, at the end of each command, which test hosts cost money. That they cannot be seen stops nothing. */
export async function remindOfTestHosts(pools: readonly OpenPool[], signal: AbortSignal): Promise<void> {
  for (const pool of pools) {
    const hosts = await lookAtTestHosts(pool, signal).catch(() => []);
    for (const host of hosts) {
      const { test_host, usd_so_far, release_from } = testHostRow(pool, host);
      console.error(
        `Test host ${test_host} of pool ${pool.name} has cost up to ${usd_so_far} USD; it can be released from ${release_from}: ${releaseLine(pool, test_host)}`,
      );
    }
  }
}
