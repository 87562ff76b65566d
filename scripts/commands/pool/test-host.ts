import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { allocateHosts, type ObservedHost } from "../../../drivers/ec2/hosts.ts";
import { runOnHost } from "../../../drivers/ec2/instances.ts";
import { giveBackHosts } from "../../../drivers/ec2/leases.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { softLifeTag } from "../../../model/ec2-mac/policy.ts";
import { listPrices } from "../../../model/ec2-mac/prices.ts";
import { testHostName, testLifeSeconds, testMark, testPool } from "../../../model/ec2-mac/test-host.ts";
import { iso } from "../../../model/ec2-mac/words.ts";
import { poolReadyTag } from "../../../model/plan/ec2-mac.ts";
import { formatTable } from "../../../model/table.ts";
import { explain } from "../../explain.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";
import { onlyPool } from "./hosts.ts";
import { lookAtTestHosts, releaseLine, testHostColumns, testHostRow } from "./test-hosts.ts";

interface CreateOptions extends PoolOptions {
  image?: string;
  templateVersion?: string;
}

interface ReleaseOptions extends PoolOptions {
  whenAllowed?: boolean;
}

/** `fleet pool test-host list`: all test hosts, what they have cost, and when they can be released. */
export async function listTestHosts(signal: AbortSignal, options: PoolOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const rows = [];
    for (const pool of pools)
      for (const host of await lookAtTestHosts(pool, signal)) rows.push(testHostRow(pool, host));
    if (options.json) console.log(JSON.stringify(rows, undefined, 2));
    else console.log(rows.length > 0 ? formatTable(testHostColumns, rows) : "no test hosts");
    return 0;
  });
}

/**
 * `fleet pool test-host create`: allocates a host and launches a Mac on it from the pool's template. A host of this
 * person that is free, from a run that was cut short for instance, is used first.
 */
export async function createTestHost(signal: AbortSignal, options: CreateOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const pool = onlyPool(pools);
    const hosts = await lookAtTestHosts(pool, signal);
    const prefix = testHostName(userInfo().username, []).replace(/1$/, "");
    const free = hosts.find(({ name, state, hasRoom }) => name.startsWith(prefix) && state === "available" && hasRoom);
    const name =
      free?.name ??
      testHostName(
        userInfo().username,
        hosts.map((host) => host.name),
      );
    const { instanceType } = pool.settings;
    const price = listPrices[instanceType];
    const cost = price === undefined ? "" : `, ${(price * 24).toFixed(2)} USD for the first 24 hours at least`;
    const what = free
      ? `launch on the free host ${name}`
      : `allocate ${name}, a ${instanceType}${cost}, and launch on it`;
    if (options.dryRun) {
      report(options, `would ${what}`, { host: name, hostId: free?.hostId, instanceType });
      return 0;
    }
    const host = free ?? (await allocate(pool, name, signal));
    const instanceId = await launch(pool, host, options, signal).catch((error: unknown) => {
      const next = `type this again to use it, or: ${releaseLine(pool, name)}`;
      throw new Error(`${explain(error)}\n  ${name} (${host.hostId}) is there and is paid for; ${next}`, {
        cause: error,
      });
    });
    const hours = pool.settings.bootDeadlineHours;
    const line = `${name}: ${host.hostId} with ${instanceId}. It takes no jobs; its Mac ends itself after ${hours} h at the latest, its host stays until you release it.`;
    report(options, line, { host: name, hostId: host.hostId, instanceId });
    return 0;
  });
}

/** What a launch needs to know of a host. */
type Place = Pick<ObservedHost, "hostId" | "name" | "zone" | "instanceType">;

/**
 * Tries the zones in their order. `PWPoolReady` is false, so that its Mac's supervisor leaves it alone. A host that has just
 * been allocated may not be shown yet, so it is not looked at.
 */
async function allocate({ ec2, settings, ...pool }: OpenPool, name: string, signal: AbortSignal): Promise<Place> {
  const { zones, instanceType } = settings;
  const tags = { ...testMark(pool.fleetId, pool.name), Name: name, [poolReadyTag]: "false", automation: "false" };
  const place = { instanceType, quantity: 1, autoPlacement: "off", hostRecovery: "off" } as const;
  let refusal: unknown;
  for (const zone of zones) {
    try {
      const order = { ...place, zone, clientToken: randomUUID(), tags };
      const [hostId = ""] = await allocateHosts(ec2, order, signal);
      return { hostId, name, zone, instanceType };
    } catch (error) {
      if (!isFailure(error, "no-capacity")) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

async function launch(pool: OpenPool, host: Place, options: CreateOptions, signal: AbortSignal) {
  const subnetId = pool.launch.subnets[host.zone];
  const tags = {
    ...pool.launch.tags,
    ...testMark(pool.fleetId, pool.name),
    Name: host.name,
    [poolReadyTag]: "false",
    [softLifeTag]: String(testLifeSeconds),
  };
  const order = {
    hostId: host.hostId,
    instanceType: host.instanceType,
    launchTemplateName: pool.launch.templateName,
    clientToken: randomUUID(),
    tags,
    ...(options.image && { imageId: options.image }),
    ...(options.templateVersion && { launchTemplateVersion: options.templateVersion }),
    ...(subnetId && { subnetId }),
  };
  return (await runOnHost(pool.ec2, order, signal)).instanceId;
}

/**
 * `fleet pool test-host release`: ends its Mac and gives the host back. Exit code 0, or 1 while AWS does not take it
 * back yet; with `--when-allowed` it is then left to schedules in the account.
 */
export async function releaseTestHost(signal: AbortSignal, named: string, options: ReleaseOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const { pool, host } = await findTestHost(pools, named, signal);
    const { release_from } = testHostRow(pool, host);
    if (release_from !== "now" && !options.whenAllowed)
      throw new Error(
        `${host.name}: AWS takes it back from ${release_from} on.\n  Type this again then, or add --when-allowed: its Mac is ended now, and schedules in the account release the host.`,
      );
    const machines = host.instanceIds.length > 0 ? `end ${host.instanceIds.join(" ")} and ` : "";
    if (options.dryRun) {
      report(options, `would ${machines}release ${host.name} from ${release_from} on`, {
        host: host.name,
        release_from,
      });
      return 0;
    }
    const hosts = {
      region: pool.settings.region,
      fleetId: pool.fleetId,
      pool: testPool(pool.name),
      hostIds: [host.hostId],
    };
    const [given] = await giveBackHosts(hosts, 0, signal);
    const line =
      given?.result === "waiting"
        ? `${host.name} is released as soon as AWS takes it back, from ${iso(given.releaseFrom)} on: ${given.reason}`
        : `${host.name}: ${given?.result}`;
    report(options, line, given ?? {});
    return given?.result === "left-alone" ? 1 : 0;
  });
}

async function findTestHost(pools: readonly OpenPool[], named: string, signal: AbortSignal) {
  const names: string[] = [];
  for (const pool of pools)
    for (const host of await lookAtTestHosts(pool, signal)) {
      if (host.name === named || host.hostId === named) return { pool, host };
      names.push(host.name);
    }
  throw new Error(`${named}: there is no such test host.\n  There is ${names.join(", ") || "none"}.`);
}

function report({ json }: PoolOptions, line: string, data: object): void {
  console.log(json ? JSON.stringify(data, undefined, 2) : line);
}
