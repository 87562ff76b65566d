/** The simulator's own time. Nothing waits on timers: every state is worked out from what this clock says. */
export interface SimClock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Jumps ahead. */
  advance(seconds: number): void;
  /** How many simulated seconds pass in a real one; 0 stands still. */
  setRate(rate: number): void;
  readonly rate: number;
}

/** A clock that starts at `startsAt` (default: now) and runs at `rate` (default: 1). */
export function createSimClock({ startsAt = Date.now(), rate = 1 } = {}): SimClock {
  let base = startsAt;
  let since = Date.now();
  let currentRate = rate;
  const now = () => Math.round(base + (Date.now() - since) * currentRate);
  const rebase = (next: number) => {
    base = next;
    since = Date.now();
  };
  return {
    now,
    advance(seconds) {
      rebase(now() + seconds * 1000);
    },
    setRate(next) {
      rebase(now());
      currentRate = next;
    },
    get rate() {
      return currentRate;
    },
  };
}
