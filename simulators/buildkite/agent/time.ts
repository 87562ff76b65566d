import { setTimeout as sleepFor } from "node:timers/promises";

/** Simulated seconds in each real one; BUILDKITE_SIM_RATE sets it. */
const rate = Number(process.env.BUILDKITE_SIM_RATE ?? 1);

/** Simulated seconds since some moment. */
export function now(): number {
  return (performance.now() / 1000) * rate;
}

/** Waits, for simulated seconds. Ends early, without an error, when the signal says so. */
export async function wait(seconds: number, signal?: AbortSignal): Promise<void> {
  await sleepFor((seconds * 1000) / rate, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Calls back after simulated seconds. @returns what takes it back */
export function later(seconds: number, act: () => void): () => void {
  const timer = setTimeout(act, (seconds * 1000) / rate);
  return () => clearTimeout(timer);
}

/** Calls back every so many simulated seconds. @returns what ends it */
export function every(seconds: number, act: () => void): () => void {
  const timer = setInterval(act, (seconds * 1000) / rate);
  return () => clearInterval(timer);
}
