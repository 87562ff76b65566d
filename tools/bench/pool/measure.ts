import { hour } from "./hours.ts";
import type { Host, Jobs, Moment, World } from "./types.ts";

/** Price of an hour of mac2.metal in US dollars (us-east-1, a third party's list; to confirm by the Price List API). */
export const dollarsPerHour = 0.65;

/** What a run showed, over the time that counts. */
export interface Result {
  jobs: number;
  /** Neither done, nor running, nor waiting at the end of the run. */
  lost: number;
  /** Not begun, even a week after the last arrival: the pool does not keep up. They are in no wait. */
  undone: number;
  /** Jobs whose Mac was ended under them; they began anew, and their wait counts until then. */
  interrupted: number;
  /** The share of held host time with a runner that takes jobs, busy or not. */
  readyShare: number;
  /** The share of the promised runners that were ready; missing where nothing is promised. */
  promisedShare?: number;
  /** From the arrival of a job to its start on a runner, in seconds. */
  waitP50: number;
  waitP95: number;
  billedHours: number;
  /** In `pending`, which AWS does not bill. */
  pendingHours: number;
  dollarsPerJob: number;
  /** As if pending were billed: what the machines' time would cost in a place that bills all of it. */
  dollarsPerJobPendingBilled: number;
  /** The most hosts held at once, and how many were ever allocated. */
  peakHosts: number;
  allocations: number;
  /** Full scrubs begun, and root volumes replaced. */
  scrubs: number;
  replacements: number;
}

/** Adds up hosts' time as the run goes. */
export class Meter {
  readonly #from: Moment;
  readonly #until: Moment;
  #held = 0;
  #pending = 0;
  #ready = 0;
  readonly #promised: number;
  #kept = 0;
  #keptAt = 0;
  peakHosts = 0;
  allocations = 0;
  scrubs = 0;
  replacements = 0;
  interrupted = 0;

  /** @param promised how many ready runners the rule promises; 0 for no promise */
  constructor({ countFrom, countUntil }: World, promised: number) {
    this.#promised = promised;
    this.#from = countFrom;
    this.#until = countUntil;
  }

  /** True while what happens counts. */
  counts(now: Moment): boolean {
    return now >= this.#from && now <= this.#until;
  }

  /** Counts how much of the promise so many ready runners kept from the last time on. */
  keep(ready: number, now: Moment): void {
    const seconds = Math.min(now, this.#until) - Math.max(this.#keptAt, this.#from);
    if (seconds > 0) this.#kept += seconds * Math.min(ready, this.#promised);
    this.#keptAt = now;
  }

  /** Counts the time that a host was as it is, from `since` to `now`. */
  spend({ state, drained }: Host, since: Moment, now: Moment): void {
    const seconds = Math.min(now, this.#until) - Math.max(since, this.#from);
    if (seconds <= 0) return;
    this.#held += seconds;
    if (state === "scrubbing") this.#pending += seconds;
    else if (state === "ready" && !drained) this.#ready += seconds;
  }

  /** Sums up. `starts` has the last start of each job, and -1 for one that waits. */
  result(jobs: Jobs, starts: Int32Array, lost: number): Result {
    const { undone, waits } = waitsOf(jobs, starts, this);
    const billedHours = (this.#held - this.#pending) / hour;
    const heldHours = this.#held / hour;
    return {
      jobs: waits.length + undone,
      lost,
      undone,
      interrupted: this.interrupted,
      readyShare: this.#held > 0 ? this.#ready / this.#held : 0,
      ...(this.#promised > 0 ? { promisedShare: this.#kept / (this.#promised * (this.#until - this.#from)) } : {}),
      waitP50: percentile(waits, 0.5),
      waitP95: percentile(waits, 0.95),
      billedHours,
      pendingHours: this.#pending / hour,
      dollarsPerJob: (billedHours * dollarsPerHour) / Math.max(1, waits.length),
      dollarsPerJobPendingBilled: (heldHours * dollarsPerHour) / Math.max(1, waits.length),
      peakHosts: this.peakHosts,
      allocations: this.allocations,
      scrubs: this.scrubs,
      replacements: this.replacements,
    };
  }
}

function waitsOf({ arrivals }: Jobs, starts: Int32Array, meter: Meter): { undone: number; waits: Int32Array } {
  const waits = new Int32Array(arrivals.length);
  let begun = 0;
  let undone = 0;
  for (let job = 0; job < arrivals.length; job++) {
    const arrival = arrivals[job] as number;
    if (!meter.counts(arrival)) continue;
    const start = starts[job] as number;
    if (start < 0) undone++;
    else waits[begun++] = start - arrival;
  }
  return { undone, waits: waits.subarray(0, begun).sort() };
}

/** The value that this share does not exceed (nearest rank); 0 when there is none. `sorted` ascends. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}
