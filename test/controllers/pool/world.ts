import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { isHeld, type LookOptions, look } from "../../../controllers/pool/look.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { openSqliteStore } from "../../../controllers/pool/sqlite-store.ts";
import type { PoolStore, TimelineEntry } from "../../../controllers/pool/store.ts";
import { type PoolPolicy, policyDefaults } from "../../../model/ec2-mac/policy.ts";
import type { Decision } from "../../../model/ec2-mac/types.ts";
import { fleetMarkTag } from "../../../model/names.ts";
import type { Ec2MacOptions } from "../../../simulators/ec2-mac/server.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";
import { FakeEnds } from "./fake-ends.ts";
import { FakeRunners } from "./fake-runners.ts";

export const imageId = "ami-0123456789abcdef0";
export const newImageId = "ami-0fedcba9876543210";
export const templateName = "macs";
const minute = 60;
const hour = 3600;

/** A simulated AWS that several pools of different fleets share, each with a store of its own. */
export class Aws {
  readonly server: TestAws;
  readonly #folder = mkdtempSync(join(tmpdir(), "pool-"));
  /** Gives up at once: what a test lets fail, fails. */
  readonly ec2 = new EC2Client({ region: "us-west-2", maxAttempts: 1 });
  readonly #stores: PoolStore[] = [];
  #count = 0;

  private constructor(server: TestAws) {
    this.server = server;
  }

  static async start(options: Partial<Ec2MacOptions> = {}): Promise<Aws> {
    const aws = new Aws(await startTestAws({ hostQuota: 1000, ...options }));
    const data = {
      ImageId: imageId,
      InstanceType: "mac2.metal",
      InstanceInitiatedShutdownBehavior: "terminate",
    } as const;
    const command = new CreateLaunchTemplateCommand({ LaunchTemplateName: templateName, LaunchTemplateData: data });
    await aws.ec2.send(command);
    return aws;
  }

  /** A new fleet with a pool of these hosts; nothing of it exists yet. */
  world(hosts: readonly string[], change: Partial<PoolPolicy> = {}): World {
    this.#count += 1;
    const mark = { [fleetMarkTag]: `fleet-${this.#count}` };
    const declared = hosts.map((name) => ({ name, zone: "us-west-2a" }));
    const file = join(this.#folder, `${this.#count}.sqlite`);
    const openStore = () => {
      const store = openSqliteStore(file, () => this.now());
      this.#stores.push(store);
      return store;
    };
    return new World(this, { ...standing, mark, hosts: declared, seed: this.#count, ...change }, openStore);
  }

  now(): number {
    return Math.floor(this.server.clock.now() / 1000);
  }

  async close(): Promise<void> {
    this.ec2.destroy();
    for (const store of this.#stores) store.close();
    rmSync(this.#folder, { recursive: true, force: true });
    await this.server.close();
  }
}

/** The defaults, looked after less often: the tests' time is dear. */
export const standing = {
  ...policyDefaults,
  hostTags: { purpose: "test" },
  zones: ["us-west-2a", "us-west-2b"],
  instanceTypes: ["mac2.metal"],
  imageId,
  floor: 0,
  promisedReady: 0,
  launchLoopSeconds: 30 * minute,
  setUpLoopSeconds: 30 * minute,
  calmLoopSeconds: 2 * hour,
};

/** A host or instance as the simulator's control endpoint shows it. */
export interface Shown {
  hostId: string;
  state: string;
  tags: Record<string, string>;
  allocatedAt: number;
  instanceId: string;
  instanceType: string;
  launchedAt: number;
}

/** A root volume replacement as the control endpoint shows it. */
export interface ShownTask {
  instanceId: string;
  state: string;
  imageId: string;
}

/** One fleet's pool in the simulated AWS, with a controller's parts around it. */
export class World {
  readonly aws: Aws;
  readonly runners: FakeRunners;
  readonly ends = new FakeEnds();
  policy: PoolPolicy;
  readonly openStore: () => PoolStore;
  readonly store: PoolStore;
  readonly told: TimelineEntry[] = [];

  constructor(aws: Aws, policy: PoolPolicy, openStore: () => PoolStore) {
    this.aws = aws;
    this.policy = policy;
    this.openStore = openStore;
    this.store = openStore();
    this.runners = new FakeRunners(aws.server);
  }

  pool(change: Partial<Pool> = {}): Pool {
    return {
      id: "fleet/macs",
      name: "macs",
      policy: this.policy,
      newLives: async () => ({ imageId: this.policy.imageId }),
      launch: { templateName, tags: { automation: "true" }, subnets: {} },
      ec2: this.aws.ec2,
      clock: {
        now: () => this.aws.now(),
        until: async (instant) => this.aws.server.clock.advance(Math.max(0, instant - this.aws.now())),
      },
      runners: this.runners,
      credentials: this.runners,
      ends: this.ends,
      ...change,
    };
  }

  /** One look; its decision. */
  async look(options: Partial<LookOptions> = {}, pool = this.pool()): Promise<Decision> {
    const tell = (entry: TimelineEntry) => this.told.push(entry);
    const answer = await look(pool, this.store, { holder: "test", tell, ...options }, new AbortController().signal);
    if (isHeld(answer)) throw new Error(`held by ${answer.heldBy}`);
    return answer.decision;
  }

  /** Looks whenever the decision says to, until something is so. @throws Error when it is not within so many hours */
  async until(isSo: () => Promise<boolean>, withinHours: number): Promise<void> {
    const pool = this.pool();
    const end = this.aws.now() + withinHours * hour;
    for (;;) {
      const { lookAgainAt } = await this.look({}, pool);
      if (await isSo()) return;
      if (this.aws.now() > end) throw new Error(`not so after ${withinHours} h\n${JSON.stringify(this.told, null, 1)}`);
      this.advance(lookAgainAt - this.aws.now());
    }
  }

  advance(seconds: number): void {
    this.aws.server.clock.advance(seconds);
  }

  /** This fleet's hosts and instances, released and ended ones too. */
  async shown(): Promise<{ hosts: Shown[]; instances: Shown[]; tasks: ShownTask[] }> {
    const { hosts, instances, tasks } = await this.aws.server.control("state", {});
    const own = (things: unknown) =>
      (things as Shown[]).filter(({ tags }) => tags[fleetMarkTag] === this.policy.mark[fleetMarkTag]);
    const ownInstances = own(instances);
    const ids = new Set(ownInstances.map(({ instanceId }) => instanceId));
    const ownTasks = (tasks as ShownTask[]).filter(({ instanceId }) => ids.has(instanceId));
    return { hosts: own(hosts), instances: ownInstances, tasks: ownTasks };
  }

  async readyCount(): Promise<number> {
    const { instances } = await this.shown();
    const ids = instances.filter(({ state }) => state === "running").map(({ instanceId }) => instanceId);
    const seen = await this.runners.look(ids);
    return [...seen.values()].filter((runner) => runner.state === "registered" && runner.accepting).length;
  }
}
