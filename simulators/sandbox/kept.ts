import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { RunningProcess } from "./process.ts";
import type { ServeReady } from "./serve.ts";

/** Goes up whenever a sandbox of before cannot be taken up: another simulator, another secret, another address. */
export const keptFormat = 2;

/** What a sandbox keeps of itself between two runs. Only its owner may read the file. */
export interface Kept {
  format: typeof keptFormat;
  process: RunningProcess;
  addresses: ServeReady;
  secrets: { sshPrivateKey: string; orkaToken: string; githubToken: string; buildkiteApiToken: string };
  passphrase: string;
}

/** What is there of an earlier run: something to take up, or something of another version, which can only be ended. */
export type Found = { kept: Kept; outdated?: undefined } | { kept?: undefined; outdated: RunningProcess | undefined };

/** True of every version. */
const anyVersion = z.object({
  format: z.number().optional(),
  process: z.object({ name: z.string(), pid: z.number(), mark: z.string() }).optional(),
});

/** Reads what a sandbox kept; undefined when there is none. */
export function readKept(folder: string): Found | undefined {
  if (!existsSync(keptFile(folder))) return undefined;
  const kept = JSON.parse(readFileSync(keptFile(folder), "utf8"));
  const { format, process: running } = anyVersion.parse(kept);
  // A file of this format was written by this module.
  return format === keptFormat ? { kept: kept as Kept } : { outdated: running };
}

/** Keeps a sandbox for the next run. */
export function writeKept(folder: string, kept: Omit<Kept, "format">): Kept {
  const whole = { format: keptFormat, ...kept } as const;
  writeFileSync(keptFile(folder), JSON.stringify(whole), { mode: 0o600 });
  return whole;
}

function keptFile(folder: string): string {
  return path.join(folder, "sandbox.json");
}
