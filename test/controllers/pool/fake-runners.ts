import type { Credentials, Registrant } from "../../../controllers/pool/credentials.ts";
import type { Runners } from "../../../controllers/pool/runners.ts";
import { DriverError } from "../../../drivers/errors.ts";
import type { RunnerSighting } from "../../../model/ec2-mac/types.ts";
import type { CredentialStanding } from "../../../model/ec2-mac/upkeep.ts";
import type { TestAws } from "../../simulators/ec2-mac/aws.ts";

const setUpSeconds = 600;

interface Booted {
  instanceId: string;
  bootedFrom: number;
}

/**
 * A CI system to which each Mac's runner registers ten minutes after a credential was put down for it in this life, again
 * after a root volume replacement, and from which it goes when it has been drained and its job is over.
 */
export class FakeRunners implements Runners, Credentials {
  /** Everything fails as long as this is true. */
  isDown = false;
  /** Instances whose runner never comes up. */
  readonly mute = new Set<string>();
  /** Until when a job runs, in seconds, by instance. */
  readonly busyUntil = new Map<string, number>();
  /** When a credential was put down last, in seconds, by instance. */
  readonly mintedAt = new Map<string, number>();
  /** Instances whose credential waits or is unused. */
  readonly unused = new Set<string>();
  /** The time of the last finished job, by instance. */
  readonly jobMarks = new Map<string, string>();
  readonly #drainedAt = new Map<string, number>();
  readonly #aws: TestAws;

  constructor(aws: TestAws) {
    this.#aws = aws;
  }

  async look(instanceIds: readonly string[]): Promise<Map<string, RunnerSighting>> {
    this.#answer();
    const { instances, tasks } = (await this.#aws.control("state", {})) as unknown as {
      instances: Booted[];
      tasks: Booted[];
    };
    const bootedAt = (instanceId: string) =>
      [...instances, ...tasks].findLast((each) => each.instanceId === instanceId)?.bootedFrom ??
      Number.POSITIVE_INFINITY;
    return new Map(instanceIds.map((id) => [id, this.#sight(id, bootedAt(id) / 1000)]));
  }

  async drain({ instanceId }: Registrant): Promise<void> {
    this.#answer();
    this.#drainedAt.set(instanceId, this.#now());
  }

  async mint({ instanceId }: Registrant): Promise<void> {
    this.#answer();
    this.mintedAt.set(instanceId, this.#now());
    this.unused.add(instanceId);
  }

  async revoke(instanceId: string): Promise<void> {
    this.#answer();
    this.unused.delete(instanceId);
  }

  async standing(): Promise<CredentialStanding> {
    this.#answer();
    return { perJob: false, waiting: new Map(), issued: new Set(this.unused) };
  }

  #sight(instanceId: string, bootedAt: number): RunnerSighting {
    const mintedAt = this.mintedAt.get(instanceId) ?? 0;
    const hasCredential = mintedAt >= bootedAt && this.#now() >= mintedAt + setUpSeconds;
    if (this.mute.has(instanceId) || !hasCredential) return { state: "absent" };
    const busy = (this.busyUntil.get(instanceId) ?? 0) > this.#now();
    const isDrained = (this.#drainedAt.get(instanceId) ?? 0) > bootedAt;
    if (isDrained && !busy) return { state: "absent" };
    return { state: "registered", busy, accepting: !isDrained, jobMark: this.jobMarks.get(instanceId) ?? "" };
  }

  #answer(): void {
    if (this.isDown) throw new DriverError("listing the runners", { kind: "unreachable", vendorText: "no route" });
  }

  #now(): number {
    return this.#aws.clock.now() / 1000;
  }
}
