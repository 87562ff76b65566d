import { hostname, userInfo } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { ec2Clock } from "../../../controllers/pool/clock.ts";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { type Held, isHeld } from "../../../controllers/pool/look.ts";
import { newLivesOf } from "../../../controllers/pool/new-lives.ts";
import { poolPolicy } from "../../../controllers/pool/policy.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { openSqliteStore } from "../../../controllers/pool/sqlite-store.ts";
import type { PoolStore } from "../../../controllers/pool/store.ts";
import { serviceConfig } from "../../../drivers/aws/service-call.ts";
import { ec2Client } from "../../../drivers/ec2/client.ts";
import { describeHosts } from "../../../drivers/ec2/hosts.ts";
import type { Instant } from "../../../model/ec2-mac/types.ts";
import { iso } from "../../../model/ec2-mac/words.ts";
import { awsName, type PoolPlace } from "../../../model/names.ts";
import { planEc2MacPool } from "../../../model/plan/ec2-mac.ts";
import { type Ec2MacPoolSettings, imageOf, type Settings } from "../../../model/settings.ts";
import {
  enterProject,
  projectFolder,
  readSettings,
  readStack,
  type StackOptions,
  type StackState,
  stackFile,
} from "../../stack.ts";
import { poolCi } from "./runners.ts";
import { remindOfTestHosts } from "./test-hosts.ts";

/** What every pool command takes. */
export interface PoolOptions extends StackOptions {
  /** Only this pool. */
  pool?: string;
  json?: boolean;
  dryRun?: boolean;
}

/** The stack's EC2 Mac pools, ready to look at, and what is known of them. */
export interface OpenPools {
  pools: OpenPool[];
}

/** A pool with what a person's commands need besides what its controller does. */
export interface OpenPool extends Pool {
  /** Where its controller keeps what it knows. */
  store: PoolStore;
  settings: Ec2MacPoolSettings;
  place: PoolPlace;
  fleetId: string;
  /** The folder of Pulumi.yaml. */
  folder: string;
}

/** A pool that is being acted for is free again after seconds; one whose controller died is not worth the wait. */
const patienceSeconds = 60;

/** Opens the pools, hands them to `work`, and closes them. @throws Error when the stack has no such pool or no fleet */
export async function withPools<T>(
  options: PoolOptions,
  signal: AbortSignal,
  work: (open: OpenPools) => Promise<T>,
): Promise<T> {
  const folder = projectFolder(options);
  enterProject(folder);
  const { settings } = readSettings(stackFile(folder, options.stack));
  const chosen = choosePools(settings, options);
  const { fleetId, secret } = await readStack(folder, options.stack, signal);
  const pools = chosen.map((pool) => openPool(pool, settings, { stack: options.stack, folder, fleetId, secret }));
  try {
    return await work({ pools });
  } finally {
    // Also after a failure: it may have left one behind that costs money.
    await remindOfTestHosts(pools, signal);
    for (const { store, ec2 } of pools) {
      store.close();
      ec2.destroy();
    }
  }
}

function choosePools({ pools }: Settings, options: PoolOptions): Ec2MacPoolSettings[] {
  const all = pools.filter((pool) => pool.kind === "ec2-mac");
  const names = all.map(({ name }) => name).join(", ");
  if (all.length === 0) throw new Error(`Stack ${options.stack} has no pool of kind ec2-mac.`);
  const chosen = options.pool ? all.filter(({ name }) => name === options.pool) : all;
  if (chosen.length === 0)
    throw new Error(`${options.pool}: stack ${options.stack} has no such pool of kind ec2-mac.\n  It has ${names}.`);
  return chosen;
}

interface StackAccess extends StackState {
  stack: string;
  folder: string;
}

function openPool(pool: Ec2MacPoolSettings, settings: Settings, access: StackAccess): OpenPool {
  const { stack, folder, fleetId, secret } = access;
  const place = { fleet: settings.fleet.name, stack, pool: pool.name };
  const image = imageOf(settings, "ec2-mac", pool.image);
  const plan = planEc2MacPool(place, pool, image, settings.alerts, settings.fleet.tags);
  const ec2 = ec2Client({ region: pool.region });
  const clock = ec2Clock(ec2);
  const policy = poolPolicy(pool, plan, fleetId);
  const { mark, setUpLimitSeconds } = policy;
  const runner = settings.runners.find(({ name }) => name === pool.runner);
  if (!runner) throw new Error(`Pool ${pool.name}: the settings have no runner ${pool.runner}.`);
  const templateName = awsName("launchTemplate", place);
  const store = openStore(pool, place, folder, clock.now);
  return {
    id: `${fleetId}/${pool.name}`,
    name: pool.name,
    policy,
    newLives: (signal) => newLivesOf(ec2, templateName, signal),
    launch: { templateName, tags: plan.instanceTags, subnets: pool.subnets ?? {} },
    ec2,
    clock,
    ...poolCi(runner, secret, { region: pool.region, fleetId, place, mark, setUpLimitSeconds, now: clock.now }),
    store: pool.controller === "aws" ? onceTimeIsKnown(store, ec2, mark) : store,
    settings: pool,
    place,
    fleetId,
    folder,
  };
}

/**
 * The store of whoever keeps the pool: the table of its controller in AWS, whose leases go by AWS's clock, or a file of
 * this folder, whose leases go by this computer's.
 */
function openStore(pool: Ec2MacPoolSettings, place: PoolPlace, folder: string, awsNow: () => Instant): PoolStore {
  if (pool.controller === "aws")
    return openDynamoStore(new DynamoDBClient(serviceConfig(pool.region)), awsName("table", place), awsNow);
  return openSqliteStore(path.join(folder, ".local", `pools-${place.stack}.sqlite`), () =>
    Math.floor(Date.now() / 1000),
  );
}

/** A lease in the table is taken before EC2 is asked anything, and AWS's clock is known only from an answer. */
function onceTimeIsKnown(store: PoolStore, ec2: EC2Client, mark: Record<string, string>): PoolStore {
  let asked: Promise<unknown> | undefined;
  return {
    ...store,
    async acquire(...args) {
      asked ??= describeHosts(ec2, { tags: mark });
      await asked;
      return store.acquire(...args);
    },
  };
}

/** Who this is, for whoever finds a pool held and for the timeline. */
export function whoAmI(): string {
  return `${userInfo().username}@${hostname()}, process ${process.pid}`;
}

/** Tries until nobody else holds the pool. @throws Error when it is still held after a minute */
export async function whenFree<T extends object>(
  { name }: Pool,
  attempt: () => Promise<T | Held>,
  signal: AbortSignal,
): Promise<T> {
  const end = Date.now() + patienceSeconds * 1000;
  for (;;) {
    const answer = await attempt();
    if (!isHeld(answer)) return answer;
    if (Date.now() > end)
      throw new Error(
        `Pool ${name} is held by ${answer.heldBy}.\n  If that process is gone, its hold ends by itself at ${iso(answer.until)}.`,
      );
    await delay(1000, undefined, { signal });
  }
}
