import { z } from "zod";

/** A function, without its code, which is a file of its own. Times are milliseconds of the simulator's clock. */
export const functionSchema = z.object({
  region: z.string(),
  name: z.string(),
  role: z.string(),
  runtime: z.string(),
  handler: z.string(),
  description: z.string(),
  timeoutSeconds: z.number(),
  memoryMb: z.number(),
  architectures: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** Base64, as Lambda shows it; names the file that the code is in. */
  codeSha256: z.string(),
  codeSize: z.number(),
  modifiedAt: z.number(),
  /** Goes up with each change; a process serves one revision. */
  revision: z.number(),
  reservedConcurrency: z.number().optional(),
  /** The statements of its resource policy, by their ids. */
  policy: z.record(z.string(), z.unknown()),
});

/** See `functionSchema`. */
export type SimFunction = z.infer<typeof functionSchema>;

/** One run of a function. */
export interface FunctionRun {
  functionName: string;
  requestId: string;
  /** When it began, by the simulator's clock. */
  at: number;
  /** What it was given and what it gave back, as JSON. */
  event: string;
  payload: string;
  /** Set when it failed: `Unhandled`, as Lambda says. */
  functionError?: string;
  /** What it wrote, at most the last 4 kB. */
  log: string;
}
