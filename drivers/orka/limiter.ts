/** Runs tasks, at most so many at once for each key; the others wait in the order in which they came. */
export type Limiter = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/** Makes a limiter with its own queues. */
export function limiter(atOnce: number): Limiter {
  const queues = new Map<string, { running: number; waiting: (() => void)[] }>();
  return async (key, task) => {
    const queue = queues.get(key) ?? { running: 0, waiting: [] };
    queues.set(key, queue);
    if (queue.running >= atOnce) await new Promise<void>((resolve) => queue.waiting.push(resolve));
    else queue.running += 1;
    try {
      return await task();
    } finally {
      const next = queue.waiting.shift();
      // The place goes straight to the next in line, so nobody can slip in between.
      if (next) next();
      else queue.running -= 1;
      if (queue.running === 0) queues.delete(key);
    }
  };
}
