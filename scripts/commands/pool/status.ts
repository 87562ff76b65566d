import { type Considered, consider } from "../../../controllers/pool/look.ts";
import {
  earlierSetUpLine,
  type HostStatus,
  type OutlookStatus,
  outlookLine,
  outlookStatus,
  poolStatus,
  sizeLine,
} from "../../../controllers/pool/status.ts";
import { dhStatus, pwStatus } from "../../../controllers/pool/status-files.ts";
import { waitingLeases } from "../../../drivers/ec2/leases.ts";
import { learnedScrubs, scrubPercentile } from "../../../model/ec2-mac/scrub-times.ts";
import { iso, span } from "../../../model/ec2-mac/words.ts";
import { awsName } from "../../../model/names.ts";
import { formatTable } from "../../../model/table.ts";
import { explain } from "../../explain.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";
import { lookAtTestHosts, testHostColumns, testHostRow } from "./test-hosts.ts";

interface StatusOptions extends PoolOptions {
  format: "table" | "dh" | "pw";
}

const hour = 3600;
const columns = ["pool", "host", "zone", "state", "stage", "role", "machine", "age", "runner", "next"] as const;

/** `fleet pool status`: exit code 0, or 3 when a pool could not be looked at. Changes nothing. */
export async function showPools(signal: AbortSignal, options: StatusOptions): Promise<number> {
  if (options.json && options.format !== "table")
    throw new Error(`--format ${options.format} has no JSON.\n  Leave out --json, or --format.`);
  return withPools(options, signal, async ({ pools }) => {
    if (options.format !== "table") return printFile(pools, options.format, signal);
    const rows: HostStatus[] = [];
    const outlooks: OutlookStatus[] = [];
    const more: string[] = [];
    let exitCode = 0;
    for (const pool of pools) {
      try {
        const considered = await consider(pool, pool.store, false, signal);
        rows.push(...poolStatus(pool.name, considered));
        if (options.json) outlooks.push(outlookStatus(pool.name, considered));
        else more.push(...(await besides(pool, considered, signal)));
      } catch (error) {
        console.error(`Pool ${pool.name}: ${explain(error)}`);
        exitCode = 3;
      }
    }
    const all = { hosts: rows, outlooks };
    console.log(options.json ? JSON.stringify(all, undefined, 2) : [formatTable(columns, rows), ...more].join("\n\n"));
    return exitCode;
  });
}

/** What else a person should know of a pool: nobody looks, its day, its size, earlier set-ups, hosts that leave, test hosts, scrub times. */
async function besides(pool: OpenPool, considered: Considered, signal: AbortSignal): Promise<string[]> {
  const { name, fleetId, settings } = pool;
  const { observed } = considered;
  const size = sizeLine(name, considered);
  const earlier = earlierSetUpLine(name, considered);
  const waiting = (await waitingLeases(settings.region, { fleetId, pool: name }, signal)).map((lease) => ({
    pool: name,
    leaving_host: lease.name || lease.hostId,
    release_from: iso(lease.releasableAt),
    why: lease.reason,
  }));
  const tests = (await lookAtTestHosts(pool, signal)).map((host) => testHostRow(pool, host));
  return [
    ...(await silence(pool, considered.now)),
    outlookLine(name, considered),
    ...(size ? [size] : []),
    ...(earlier ? [earlier] : []),
    ...(waiting.length > 0 ? [formatTable(["pool", "leaving_host", "release_from", "why"], waiting)] : []),
    ...(tests.length > 0 ? [formatTable(testHostColumns, tests)] : []),
    ...scrubTable(name, observed.memory.scrubs),
  ];
}

/** What is shown as next is done by nobody while no controller looks. */
async function silence({ id, name, store, settings, place }: OpenPool, now: number): Promise<string[]> {
  if ((await store.samples(id, now - hour)).length > 0) return [];
  const remedy =
    settings.controller === "aws"
      ? `Its function's log says why: /aws/lambda/${awsName("function", place, "controller")}`
      : "`fleet pool run` keeps it.";
  return [`Pool ${name}: no controller has looked in the last hour, so nothing comes next by itself.\n  ${remedy}`];
}

function scrubTable(pool: string, samples: Considered["observed"]["memory"]["scrubs"]): string[] {
  const times = learnedScrubs(samples);
  const places = new Map(samples.map((sample) => [`${sample.instanceType}/${sample.zone}`, sample]));
  const rows = [...places.values()].map((place) => ({
    pool,
    type: place.instanceType,
    zone: place.zone,
    scrubs: samples.filter(({ zone, instanceType }) => zone === place.zone && instanceType === place.instanceType)
      .length,
    median: span(scrubPercentile(times, place, 0.5)),
    p95: span(scrubPercentile(times, place, 0.95)),
  }));
  return rows.length > 0 ? [formatTable(["pool", "type", "zone", "scrubs", "median", "p95"], rows)] : [];
}

async function printFile(pools: readonly OpenPool[], format: "dh" | "pw", signal: AbortSignal) {
  const [pool, ...others] = pools;
  if (!pool || others.length > 0)
    throw new Error(`A status file is one pool's.\n  Add --pool: ${pools.map(({ name }) => name).join(", ")}.`);
  const considered = await consider(pool, pool.store, false, signal);
  console.log((format === "dh" ? dhStatus(considered) : pwStatus(considered)).trimEnd());
  return 0;
}
