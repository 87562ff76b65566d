import {
  drainByHand,
  type HostSwitch,
  performSwitch,
  planDrain,
  planSwitch,
} from "../../../controllers/pool/by-hand.ts";
import { consider } from "../../../controllers/pool/look.ts";
import type { DrainAction } from "../../../model/ec2-mac/types.ts";
import { at } from "../../../model/ec2-mac/words.ts";
import { poolReadyTag } from "../../../model/plan/ec2-mac.ts";
import { type OpenPool, type PoolOptions, whenFree, whoAmI, withPools } from "./access.ts";

/** Options of `fleet pool disable`. */
interface SwitchOptions extends PoolOptions {
  /** Seconds. */
  for?: number;
}

/** `fleet pool disable` and `enable`: takes a host out of every loop, for a time or until it is enabled, or back in. */
export function switchHost(kind: HostSwitch["kind"]) {
  return (signal: AbortSignal, host: string, options: SwitchOptions): Promise<number> =>
    withPools(options, signal, async ({ pools }) => {
      const pool = onlyPool(pools);
      const plan = await planSwitch(pool, host, { kind, forSeconds: options.for }, signal);
      if (!options.dryRun) await performSwitch(pool, pool.store, plan, whoAmI(), signal);
      const what = `${poolReadyTag}=${plan.tags[poolReadyTag]} on ${plan.ids.join(" and ")}`;
      const done = `${options.dryRun ? "would set" : "set"} ${what} (${plan.host.name})`;
      report(options, [done, ...comesBack(plan, options.stack), ...plan.stillEnds].join("\n"), {
        ...plan,
        host: plan.host.name,
      });
      return 0;
    });
}

function comesBack({ until, host }: HostSwitch, stack: string): string[] {
  if (until === undefined) return [];
  const earlier = `fleet pool enable ${host.name} --stack ${stack}`;
  return [`the pool's controller takes it back in at ${at(until)}; \`${earlier}\` does so before`];
}

/** `fleet pool drain`: lets a host's runner finish its job; the controller then renews the Mac. */
export async function drainHost(signal: AbortSignal, host: string, options: PoolOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const pool = onlyPool(pools);
    const action: DrainAction = options.dryRun
      ? planDrain(await consider(pool, pool.store, false, signal), host, whoAmI())
      : await whenFree(pool, () => drainByHand(pool, pool.store, host, whoAmI(), signal), signal);
    const then = action.way === "terminate" ? "is ended" : "gets a new root volume";
    const told = options.dryRun ? "would be told" : "has been told";
    report(options, `the runner on ${action.instanceId} ${told} to take no further job; then the Mac ${then}`, action);
    return 0;
  });
}

/** The same name may be in several pools. */
export function onlyPool(pools: readonly OpenPool[]): OpenPool {
  const [pool, ...others] = pools;
  if (!pool || others.length > 0)
    throw new Error(`Which pool's host?\n  Add --pool: ${pools.map(({ name }) => name).join(", ")}.`);
  return pool;
}

function report({ json }: PoolOptions, line: string, data: object): void {
  console.log(json ? JSON.stringify(data, undefined, 2) : line);
}
