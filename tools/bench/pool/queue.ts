/** Something that happens at a moment, in whole seconds. In one queue at a time, which links it to the one after it. */
export interface Timed<T> {
  at: number;
  next: T | undefined;
}

/** Later than any moment. A whole number as all are, so that the engine keeps them all in the same way. */
export const never = 2 ** 30;

/** Each slot has the things of 32 seconds; a turn of the wheel takes more than a day, as a lease does. */
const slotBits = 5;
const slotCount = 2 ** 12;

/**
 * Things to happen, the earliest first; those of one moment in the order in which they were put in. A wheel of slots, each
 * with its own things in order: most happen within a turn, so that a slot has few.
 */
export class TimeQueue<T extends Timed<T>> {
  /** When the earliest happens; never, when there is none. */
  nextAt = never;
  readonly #slots = new Array<T | undefined>(slotCount).fill(undefined);
  #count = 0;

  /** Puts in something that does not happen before what was taken out last. */
  push(item: T): void {
    const { at } = item;
    const slot = slotOf(at);
    let before: T | undefined;
    let after = this.#slots[slot];
    while (after !== undefined && after.at <= at) {
      before = after;
      after = after.next;
    }
    item.next = after;
    if (before === undefined) this.#slots[slot] = item;
    else before.next = item;
    this.#count++;
    if (at < this.nextAt) this.nextAt = at;
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    if (this.#count === 0) return undefined;
    const slot = slotOf(this.nextAt);
    const first = this.#slots[slot] as T;
    this.#slots[slot] = first.next;
    this.#count--;
    this.nextAt = this.#count > 0 ? this.#earliestFrom(first.at) : never;
    return first;
  }

  /** When the earliest happens, where nothing does before a moment. */
  #earliestFrom(moment: number): number {
    for (let turn = moment >> slotBits; ; turn++) {
      const first = this.#slots[turn & (slotCount - 1)];
      if (first !== undefined && first.at >> slotBits === turn) return first.at;
    }
  }
}

function slotOf(at: number): number {
  return (at >> slotBits) & (slotCount - 1);
}
