import { setTimeout as delay } from "node:timers/promises";

/** Looks until it is so. A busy computer takes its time. @throws Error when it is not within a minute */
export async function until(isSo: () => boolean | Promise<boolean>, what = String(isSo)): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`a minute has passed, and still not: ${what}`);
    await delay(20);
  }
}
