/** The simulator's own time. Nothing waits on timers: every state is worked out from what this clock says. */
export interface SimClock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Jumps ahead. */
  advance(seconds: number): void;
  /** How many simulated seconds pass in a real one; 0 stands still. */
  setRate(rate: number): void;
  readonly rate: number;
  /** Calls the listener after each jump and each change of the rate, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** A clock that starts at `startsAt` (default: now) and runs at `rate` (default: 1). */
export function createSimClock({ startsAt = Date.now(), rate = 1 } = {}): SimClock {
  let base = startsAt;
  let since = Date.now();
  let currentRate = rate;
  const listeners = new Set<() => void>();
  const now = () => Math.round(base + (Date.now() - since) * currentRate);
  const rebase = (next: number) => {
    base = next;
    since = Date.now();
  };
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    now,
    advance(seconds) {
      rebase(now() + seconds * 1000);
      tell();
    },
    setRate(next) {
      rebase(now());
      currentRate = next;
      tell();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get rate() {
      return currentRate;
    },
  };
}
