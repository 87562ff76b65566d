import { jobsBetween } from "../../model/ec2-mac/jobs.ts";
import { account, type LedgerSighting } from "../../model/ec2-mac/ledger.ts";
import { sampleOf } from "../../model/ec2-mac/utilization.ts";
import { viewOf } from "../../model/ec2-mac/view.ts";
import type { Considered } from "./look.ts";
import type { Lease, PoolStore } from "./store.ts";

/** Carries the ledger and the utilization series on by one look. */
export async function keepAccounts(
  store: PoolStore,
  lease: Lease,
  { observed, policy, now, before }: Considered,
): Promise<void> {
  const { places } = viewOf(observed, policy, now);
  const jobs = jobsBetween(before.jobs, observed.memory.jobs);
  const sightings = places.map(({ host, occupied }): LedgerSighting => {
    return { host, jobs: jobs.get(occupied?.instance.instanceId ?? "") ?? 0 };
  });
  const jobsFinished = [...jobs.values()].reduce((sum, count) => sum + count, 0);
  await store.saveLedger(lease, account(await store.ledger(lease.pool), sightings, now));
  await store.addSample(lease, sampleOf(places, jobsFinished, now));
}
