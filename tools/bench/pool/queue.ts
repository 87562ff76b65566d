/** Something that happens at a moment: whole seconds, and less than a year of them. */
export interface Timed {
  at: number;
}

/** Room for so many items in a queue's life. With less than 2^25 seconds the key stays a whole number. */
const mostItems = 2 ** 28;

/** Things to happen, the earliest first; those of one moment in the order in which they were put in. */
export class TimeQueue<T extends Timed> {
  /** A heap; each item's key is its moment and then its number. */
  readonly #items: T[] = [];
  readonly #keys: number[] = [];
  #count = 0;

  /** When the earliest happens; never, when there is none. */
  get nextAt(): number {
    return this.#items.length > 0 ? (this.#items[0] as T).at : Number.POSITIVE_INFINITY;
  }

  push(item: T): void {
    const items = this.#items;
    const keys = this.#keys;
    const key = item.at * mostItems + this.#count++;
    let index = items.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = keys[parent] as number;
      if (above < key) break;
      items[index] = items[parent] as T;
      keys[index] = above;
      index = parent;
    }
    items[index] = item;
    keys[index] = key;
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    const lastKey = this.#keys.pop();
    if (last !== undefined && lastKey !== undefined && this.#items.length > 0) this.#sink(last, lastKey);
    return first;
  }

  /** Puts an item where it belongs, from the top. */
  #sink(item: T, key: number): void {
    const items = this.#items;
    const keys = this.#keys;
    const count = keys.length;
    let index = 0;
    for (let child = 1; child < count; child = 2 * index + 1) {
      if (child + 1 < count && (keys[child + 1] as number) < (keys[child] as number)) child++;
      const below = keys[child] as number;
      if (below > key) break;
      items[index] = items[child] as T;
      keys[index] = below;
      index = child;
    }
    items[index] = item;
    keys[index] = key;
  }
}
