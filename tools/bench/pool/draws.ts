import { generator } from "../../../model/ec2-mac/chance.ts";
import type { Durations } from "./types.ts";

/** Draws how long things take, in whole seconds. Each kind has its own sequence, so that policies meet like luck. */
export class Draws {
  readonly stopping: () => number;
  readonly scrub: () => number;
  readonly replacement: () => number;
  readonly boot: () => number;
  readonly setUp: () => number;

  constructor(seed: number, durations: Durations, setsUpByScript: boolean) {
    const drawing = (salt: number, [from, to]: readonly [number, number]) => {
      if (from === to) return () => from;
      const next = generator(Math.imul(seed, 31) + salt);
      return () => Math.round(from + (to - from) * next());
    };
    this.stopping = drawing(1, durations.stopping);
    this.replacement = drawing(2, durations.replacement);
    this.boot = drawing(3, durations.boot);
    this.setUp = drawing(4, setsUpByScript ? durations.scriptedSetUp : durations.setUp);
    const usual = drawing(5, durations.scrub);
    const isLong = generator(Math.imul(seed, 31) + 6);
    const { share, extraSeconds } = durations.longScrub;
    this.scrub = share > 0 ? () => usual() + (isLong() < share ? extraSeconds : 0) : usual;
  }
}
