/** Chance as an argument: everything here is a pure function of its seed. */

/** A number from 0 up to, not including, 1 that depends on the parts alone. */
export function chanceOf(...parts: readonly (string | number)[]): number {
  return hash(parts.join("/")) / 2 ** 32;
}

/** The items in an order that depends on the seed alone. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  const next = generator(seed);
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1));
    const kept = result[index] as T;
    result[index] = result[other] as T;
    result[other] = kept;
  }
  return result;
}

/** A sequence of numbers from 0 up to, not including, 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mixed(state) / 2 ** 32;
  };
}

/** FNV-1a, then mixed, because its last bits alone are not spread well. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return mixed(value);
}

function mixed(value: number): number {
  const first = Math.imul(value ^ (value >>> 15), value | 1);
  const second = first ^ (first + Math.imul(first ^ (first >>> 7), first | 61));
  return (second ^ (second >>> 14)) >>> 0;
}
