import { z } from "zod";

/**
 * What goes wrong on purpose, for the next `times` calls of one operation.
 *
 * - `unauthorized`, `forbidden`, `rate-limited`, `server-error`: answered with 401, 403, 429 or 500; nothing is done.
 * - `slow`: answered after `delayMs` of real time; then as usual.
 * - `answer-lost`: carried out, then the connection is cut.
 * - `duplicated-job`: the same job is handed out twice. What that means is up to the operation.
 */
export const faultSchema = z.strictObject({
  /** As in the table of routes: `register`, `stack.reserve`, `runners.list`; `*` is any. */
  operation: z.string(),
  effect: z.enum([
    "unauthorized",
    "forbidden",
    "rate-limited",
    "server-error",
    "slow",
    "answer-lost",
    "duplicated-job",
  ]),
  times: z.int().positive().default(1),
  /** How many calls pass before it. */
  skip: z.int().nonnegative().default(0),
  /** Of `rate-limited`: what `Retry-After` says. */
  retryAfterSeconds: z.number().positive().default(1),
  /** Of `slow`. */
  delayMs: z.number().nonnegative().default(0),
});

/** See {@link faultSchema}. */
export type Fault = z.infer<typeof faultSchema>;

/** A fault as it is asked for. */
export type FaultRequest = z.input<typeof faultSchema>;

/** The faults that wait for their call, oldest first. */
export class FaultQueue {
  #waiting: Fault[] = [];

  /** Plans a fault. */
  add(fault: FaultRequest): void {
    this.#waiting.push(faultSchema.parse(fault));
  }

  /** The fault that this call meets, if any. */
  take(operation: string): Fault | undefined {
    const fault = this.#waiting.find((item) => item.operation === operation || item.operation === "*");
    if (!fault) return undefined;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return undefined;
    }
    fault.times -= 1;
    if (fault.times === 0) this.#waiting = this.#waiting.filter((item) => item !== fault);
    return fault;
  }
}
