import { account, type LedgerEntry, type LedgerSighting } from "../../model/ec2-mac/ledger.ts";
import { sampleOf } from "../../model/ec2-mac/utilization.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import type { Considered } from "./look.ts";
import type { Lease, PoolStore } from "./store.ts";

/** Carries the ledger and the utilization series on by one look. */
export async function keepAccounts(
  store: PoolStore,
  lease: Lease,
  { observed, policy, now }: Considered,
): Promise<void> {
  const { places } = viewOf(observed, policy, now);
  const sightings = places.map(({ host, occupied }): LedgerSighting => {
    const instanceId = occupied?.instance.instanceId ?? "";
    const count = observed.memory.jobs[instanceId];
    return { host, jobs: count && { instanceId, bornAt: count.bornAt, finished: count.finished } };
  });
  const before = await store.ledger(lease.pool);
  const after = account(before, sightings, now);
  await store.saveLedger(lease, after);
  await store.addSample(lease, sampleOf(places, jobsIn(after) - jobsIn(before), now));
}

function jobsIn(ledger: readonly LedgerEntry[]): number {
  return ledger.reduce((sum, { jobs }) => sum + jobs, 0);
}
