import type { RunnerSettings, Settings } from "./types.ts";

/**
 * The runner of that name.
 * @throws Error when there is none, which checked settings rule out
 */
export function runnerOf(settings: Settings, name: string): RunnerSettings {
  const found = settings.runners.find((runner) => runner.name === name);
  if (!found) throw new Error(`checked settings name runner ${name}, which they do not have`);
  return found;
}
