import { setTimeout as delay } from "node:timers/promises";

/** Time for code that waits; tests hand in their own. */
export interface Clock {
  /** Seconds since 1970. */
  now(): number;
  sleep(seconds: number): Promise<void>;
}

/** The computer's clock. */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  sleep: (seconds) => delay(seconds * 1000),
};
