import { readFileSync } from "node:fs";
import { z } from "zod";
import { parsePlist } from "./plist.ts";

/** What of a launchd.plist is followed; other keys are accepted and ignored, as launchd does. Source: launchd.plist(5). */
const jobSchema = z.object({
  Label: z.string().min(1),
  ProgramArguments: z.array(z.string()).min(1),
  EnvironmentVariables: z.record(z.string(), z.string()).default({}),
  WorkingDirectory: z.string().optional(),
  StandardOutPath: z.string().default("/dev/null"),
  StandardErrorPath: z.string().default("/dev/null"),
  RunAtLoad: z.boolean().default(false),
  KeepAlive: z.union([z.boolean(), z.object({ SuccessfulExit: z.boolean() })]).default(false),
  /** The user that a daemon of the system runs as; default: root. */
  UserName: z.string().optional(),
  /** Seconds from one start to the next, whatever else starts it. */
  StartInterval: z.number().positive().optional(),
  /** Seconds between two starts. */
  ThrottleInterval: z.number().nonnegative().default(10),
  /** Seconds between SIGTERM and SIGKILL. */
  ExitTimeOut: z.number().nonnegative().default(20),
  AbandonProcessGroup: z.boolean().default(false),
});

/** One job as its property list describes it. */
export type Job = z.output<typeof jobSchema>;

/** Reads a property list and what of it makes a job. Throws when it is not one. */
export function readJob(plistPath: string): Job {
  return jobSchema.parse(parsePlist(readFileSync(plistPath, "utf8")));
}
