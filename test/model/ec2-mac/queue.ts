/** Things to happen, the earliest first; those of the same moment in the order in which they were put in. */
export class Queue<T> {
  readonly #items: { at: number; order: number; item: T }[] = [];
  #order = 0;

  /** When the earliest happens; never, when there is none. */
  get nextAt(): number {
    return this.#items[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: number, item: T): void {
    this.#items.push({ at, order: this.#order++, item });
    this.#up(this.#items.length - 1);
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (!first || !last) return undefined;
    if (this.#items.length > 0) {
      this.#items[0] = last;
      this.#down(0);
    }
    return first.item;
  }

  #up(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1;
      if (left >= this.#items.length) return;
      const child = left + 1 < this.#items.length && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#items[a], this.#items[b]];
    if (!first || !second) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#items[a], this.#items[b]];
    if (!first || !second) return;
    this.#items[a] = second;
    this.#items[b] = first;
  }
}
