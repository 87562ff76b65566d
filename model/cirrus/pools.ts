import type { Settings } from "../settings.ts";
import type { Findings } from "./findings.ts";
import { uniqueSlugs } from "./naming.ts";
import {
  demandKey,
  demandName,
  larger,
  type PoolDemand,
  poolNameLimit,
  servingPool,
  sharedPool,
} from "./pool-demand.ts";
import { proposePool, type SettingsFragment } from "./proposal.ts";
import type { CiSystem } from "./variables.ts";
import type { MacDemand } from "./worker.ts";

/** Where a task's job goes. */
export interface JobTarget {
  pool: string;
  /** True for a pool that the fleet has already. */
  existing: boolean;
  /** The queue (Buildkite) or the runner group (GitHub Actions). */
  queue: string;
}

/** The pools for all demands. */
export interface PoolPlan {
  /** What the fleet lacks, as settings. */
  settings: SettingsFragment;
  targetOf(demand: MacDemand): JobTarget;
}

/** Finds a pool for each demand, among today's or new. Demands that differ in size only share the largest. */
export function planPools(
  demands: readonly MacDemand[],
  ci: CiSystem,
  current: Settings | undefined,
  findings: Findings,
): PoolPlan {
  const groups = new Map<string, MacDemand>();
  for (const demand of demands) {
    const key = demandKey(demand);
    const group = groups.get(key);
    groups.set(key, group ? larger(group, demand) : demand);
  }
  const names = uniqueSlugs([...groups.values()].map(demandName), poolNameLimit);
  const targets = new Map<string, JobTarget>();
  const settings: SettingsFragment = { runners: [], images: [], pools: [] };
  for (const [index, [key, demand]] of [...groups].entries()) {
    const wanted = { demand, name: names[index] ?? demandName(demand) };
    const existing = current && existingTarget(wanted, ci, current, findings);
    if (existing) targets.set(key, existing);
    else {
      const fresh = freshName(wanted, current);
      add(settings, proposePool(fresh, ci, current, findings));
      targets.set(key, { pool: fresh.name, existing: false, queue: fresh.name });
    }
  }
  return { settings, targetOf: (demand) => targets.get(demandKey(demand)) ?? unplanned(demand) };
}

function existingTarget(
  wanted: PoolDemand,
  ci: CiSystem,
  current: Settings,
  findings: Findings,
): JobTarget | undefined {
  const { image, line } = wanted.demand;
  const pool = servingPool(wanted, ci, current);
  if (pool) {
    if (image !== undefined && !image.includes("@"))
      findings.note(
        line,
        "tart.image",
        `Pool ${pool.name} runs this image by its digest. Look whether that is the ${image.split("/").at(-1)} you want.`,
      );
    return { pool: pool.name, existing: true, queue: queueOf(pool.runner, current) };
  }
  const shared = sharedPool(wanted, current);
  if (shared)
    findings.note(
      line,
      `pools.${shared.name}`,
      `This pool would do, but its jobs come through runner ${shared.runner}, which is of another CI system or has pools that would not do.`,
    );
  return undefined;
}

/** A new pool, its image and its runner have one name, which nothing in the fleet has yet. */
function freshName({ demand, name }: PoolDemand, current: Settings | undefined): PoolDemand {
  const taken = current ? [...current.pools, ...current.images, ...current.runners].map((entry) => entry.name) : [];
  return { demand, name: uniqueSlugs([...taken, name], poolNameLimit).at(-1) ?? name };
}

function unplanned(demand: MacDemand): never {
  throw new Error(`line ${demand.line}: no pool was planned for this task`);
}

function add(to: SettingsFragment, more: SettingsFragment): void {
  to.runners.push(...more.runners);
  to.images.push(...more.images);
  to.pools.push(...more.pools);
}

function queueOf(runnerName: string, current: Settings): string {
  const runner = current.runners.find(({ name }) => name === runnerName);
  if (!runner) throw new Error(`checked settings name runner ${runnerName}, which they do not have`);
  return runner.ci === "buildkite" ? runner.queue : runner.runnerGroup;
}
