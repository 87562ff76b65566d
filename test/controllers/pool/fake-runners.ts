import type { Runners } from "../../../controllers/pool/runners.ts";
import { DriverError } from "../../../drivers/errors.ts";
import type { RunnerSighting } from "../../../model/ec2-mac/types.ts";
import type { TestAws } from "../../simulators/ec2-mac/aws.ts";

const setUpSeconds = 600;

interface Booted {
  instanceId: string;
  bootedFrom: number;
}

/**
 * A CI system to which each Mac's runner registers ten minutes after macOS is up, again after a root volume replacement,
 * and from which it goes when it has been drained and its job is over.
 */
export class FakeRunners implements Runners {
  /** Everything fails as long as this is true. */
  isDown = false;
  /** Instances whose runner never comes up. */
  readonly mute = new Set<string>();
  /** Until when a job runs, in seconds, by instance. */
  readonly busyUntil = new Map<string, number>();
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

  async drain(instanceId: string): Promise<void> {
    this.#answer();
    this.#drainedAt.set(instanceId, this.#now());
  }

  #sight(instanceId: string, bootedAt: number): RunnerSighting {
    if (this.mute.has(instanceId) || this.#now() < bootedAt + setUpSeconds) return { state: "absent" };
    const busy = (this.busyUntil.get(instanceId) ?? 0) > this.#now();
    const isDrained = (this.#drainedAt.get(instanceId) ?? 0) > bootedAt;
    if (isDrained && !busy) return { state: "absent" };
    return { state: "registered", busy, accepting: !isDrained };
  }

  #answer(): void {
    if (this.isDown) throw new DriverError("listing the runners", { kind: "unreachable", vendorText: "no route" });
  }

  #now(): number {
    return this.#aws.clock.now() / 1000;
  }
}
