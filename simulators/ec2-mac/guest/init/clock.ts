import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ClockSetting } from "../messages.ts";

/**
 * Programs take real time to run, however fast the clock is. So nobody is woken earlier than after a twentieth of
 * the time that he sleeps, up to three seconds: a watchdog of 45 s leaves what it watches 2.25 s.
 */
const FASTEST_RATE = 20;
const LONGEST_FLOOR_MS = 3000;

interface Sleeper {
  /** Of the simulated clock. */
  until: number;
  /** Of the computer's clock. */
  notBefore: number;
  act(): void;
}

/** The time on one simulated Mac. */
export class MacClock {
  readonly #file: string;
  readonly #sleepers = new Set<Sleeper>();
  #settings: ClockSetting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Each setting is written to the file, one a line, so that `date` and `stat` can work times out without us. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Takes over a new setting, and wakes whose time has come. */
  set(setting: ClockSetting): void {
    this.#settings = [...this.#settings.slice(-20), setting];
    const lines = this.#settings.map(({ base, since, rate }) => `${base} ${since} ${Math.round(rate * 1000)}\n`);
    writeFileSync(`${this.#file}.new`, lines.join(""));
    renameSync(`${this.#file}.new`, this.#file);
    this.#wake();
  }

  /** Milliseconds since 1970. */
  now(): number {
    const { base, since, rate } = this.#settings.at(-1) ?? { base: 0, since: 0, rate: 0 };
    return Math.round(base + (Date.now() - since) * rate);
  }

  /**
   * Calls back after that many seconds of this clock. A test that moves a clock that stands still means it: one who is
   * prompt is then called at once, launchd for instance.
   * @returns what takes it back
   */
  later(seconds: number, act: () => void, isPrompt = false): () => void {
    const isMoved = isPrompt && this.#settings.at(-1)?.rate === 0;
    const floor = isMoved ? 0 : Math.min((seconds * 1000) / FASTEST_RATE, LONGEST_FLOOR_MS);
    const sleeper = { until: this.now() + seconds * 1000, notBefore: Date.now() + floor, act };
    this.#sleepers.add(sleeper);
    this.#wake();
    return () => this.#sleepers.delete(sleeper);
  }

  #wake(): void {
    clearTimeout(this.#timer);
    const due = [...this.#sleepers].filter((sleeper) => this.#waitMs(sleeper) <= 0);
    for (const sleeper of due) this.#sleepers.delete(sleeper);
    for (const { act } of due) setImmediate(act);
    const next = Math.min(...[...this.#sleepers].map((sleeper) => this.#waitMs(sleeper)));
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#wake(), Math.min(Math.ceil(next), 2 ** 31 - 1));
  }

  /** Real milliseconds; infinite while the clock stands still. */
  #waitMs({ until, notBefore }: Sleeper): number {
    const rate = this.#settings.at(-1)?.rate ?? 0;
    const left = until - this.now();
    const byClock = left <= 0 ? 0 : left / rate;
    return Math.max(byClock, notBefore - Date.now());
  }
}
