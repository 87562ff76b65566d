import type { Ends } from "../../../controllers/pool/ends.ts";

/** Scheduled ends that are only noted: for which moment, by instance. */
export class FakeEnds implements Ends {
  readonly at = new Map<string, number>();

  async scheduled(): Promise<ReadonlySet<string>> {
    return new Set(this.at.keys());
  }

  async schedule(instanceId: string, at: number): Promise<void> {
    this.at.set(instanceId, at);
  }

  async unschedule(instanceId: string): Promise<void> {
    this.at.delete(instanceId);
  }
}
