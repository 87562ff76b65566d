import { never } from "./queue.ts";
import { type SimulatedHost, takesJobs } from "./simulated-host.ts";
import type { Jobs, Moment, Rule } from "./types.ts";

/** The CI system: jobs that wait, first come first served, and runners that are idle. */
export class Desk {
  arrived = 0;
  finished = 0;
  running = 0;
  workedSeconds = 0;
  /** The last start of each job; -1 while it has none, or has to begin anew. */
  readonly starts: Int32Array;
  /** When the next job arrives. */
  nextArrivalAt: Moment;
  readonly #jobs: Jobs;
  readonly #gives: Rule<unknown>["gives"];
  /** Runners that became idle, the last one last; some may be busy or gone by now. */
  readonly #idle: SimulatedHost[] = [];
  /** The first job that has never been taken; those from here to the last that arrived wait. */
  #next = 0;
  /** Jobs that begin anew, the first one last. They go before all others. */
  readonly #again: number[] = [];

  constructor(jobs: Jobs, gives: Rule<unknown>["gives"]) {
    this.#jobs = jobs;
    this.#gives = gives;
    this.starts = new Int32Array(jobs.arrivals.length).fill(-1);
    this.nextArrivalAt = jobs.arrivals[0] ?? never;
  }

  get waiting(): number {
    return this.#again.length + this.arrived - this.#next;
  }

  /** True when every job that will ever come is done. */
  get isDone(): boolean {
    return this.finished === this.#jobs.arrivals.length;
  }

  /** The next job arrives. */
  arrive(): void {
    this.arrived++;
    this.nextArrivalAt = this.#jobs.arrivals[this.arrived] ?? never;
  }

  /** A runner has nothing to do. */
  addIdle(host: SimulatedHost, now: Moment): void {
    host.idleSince = now;
    this.#idle.push(host);
  }

  /** Starts the job that is first on an idle runner; undefined when nothing waits or nobody is idle. */
  start(now: Moment): { host: SimulatedHost; seconds: number } | undefined {
    if (this.waiting === 0) return undefined;
    const host = this.#takeIdle();
    if (!host) return undefined;
    const job = this.#again.pop() ?? this.#next++;
    host.job = job;
    this.running++;
    this.starts[job] = now;
    return { host, seconds: this.#jobs.seconds[job] as number };
  }

  /** The host's job is done. */
  finish(host: SimulatedHost): void {
    this.workedSeconds += this.#jobs.seconds[host.job] as number;
    this.finished++;
    this.running--;
    host.job = -1;
    host.jobsDone++;
  }

  /** The host's job ends with its Mac and begins anew elsewhere. */
  interrupt(host: SimulatedHost): void {
    this.starts[host.job] = -1;
    this.#again.push(host.job);
    this.#again.sort((a, b) => b - a);
    this.running--;
    host.job = -1;
  }

  #takeIdle(): SimulatedHost | undefined {
    const idle = this.#idle;
    if (this.#gives === "newest-host") idle.sort((a, b) => a.allocatedAt - b.allocatedAt || a.id - b.id);
    for (let host = idle.pop(); host; host = idle.pop()) if (takesJobs(host)) return host;
    return undefined;
  }
}
