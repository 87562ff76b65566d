import type { SimClock } from "../clock.ts";
import type { ClockSetting } from "./messages.ts";

/** Notices when the clock was moved or made faster. */
export class ClockWatch {
  readonly #clock: SimClock;
  setting: ClockSetting;

  constructor(clock: SimClock) {
    this.#clock = clock;
    this.setting = this.#read();
  }

  /** The new setting, when the clock does not go as it was told last. */
  changed(): ClockSetting | undefined {
    const fresh = this.#read();
    const { base, since, rate } = this.setting;
    const expected = base + (fresh.since - since) * rate;
    // Two milliseconds of the computer's clock, and one for rounding.
    if (fresh.rate === rate && Math.abs(fresh.base - expected) <= 2 * rate + 1) return undefined;
    this.setting = fresh;
    return fresh;
  }

  #read(): ClockSetting {
    return { base: this.#clock.now(), since: Date.now(), rate: this.#clock.rate };
  }
}
