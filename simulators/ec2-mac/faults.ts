import { z } from "zod";
import { Ec2Error, insufficientCapacityOnHost, insufficientHostCapacity, requestLimitExceeded } from "./errors.ts";
import { RestError } from "./rest.ts";

/** A fault to show to the next calls of one action. */
export const faultSchema = z.strictObject({
  /** The API call: `RunInstances`, `CreateRole`, ... */
  action: z.string(),
  effect: z.enum([
    "capacity",
    "throttle",
    "server-error",
    "access-denied",
    "lost-answer",
    "slow-answer",
    "failed-task",
    "role-not-ready",
  ]),
  /** How many calls meet it. */
  times: z.number().int().positive().default(1),
  /** Of `slow-answer`: milliseconds of real time between the deed and the answer. */
  delayMs: z.number().nonnegative().default(0),
});

/**
 * See `faultSchema`. `lost-answer` and `slow-answer` strike after the deed is done; `failed-task` dooms a new root
 * volume; `role-not-ready` is what IAM's delay looks like to Scheduler.
 */
export type Fault = z.infer<typeof faultSchema>;

/** The faults that wait for their call, oldest first. */
export class FaultQueue {
  readonly #waiting: Fault[] = [];

  /** Lets the next `times` calls of the action meet the fault. */
  add(fault: Fault): void {
    this.#waiting.push({ ...fault });
  }

  /** The fault that this call meets, if any; each is met as often as it was asked for. */
  take(action: string): Fault | undefined {
    const index = this.#waiting.findIndex((fault) => fault.action === action);
    const fault = this.#waiting[index];
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times === 0) this.#waiting.splice(index, 1);
    return fault;
  }

  /** What still waits. */
  list(): readonly Fault[] {
    return this.#waiting;
  }
}

/** The error that a fault answers with instead of doing anything; undefined for faults that strike later. */
export function errorOf(fault: Fault, hostId: string): Ec2Error | RestError | undefined {
  switch (fault.effect) {
    case "capacity":
      return fault.action === "AllocateHosts" ? insufficientHostCapacity() : insufficientCapacityOnHost(hostId);
    case "throttle":
      return requestLimitExceeded();
    case "server-error":
      return new Ec2Error("InternalError", "An internal error has occurred", 500);
    case "access-denied":
      return new Ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.", 403);
    case "role-not-ready":
      return new RestError(
        "ValidationException",
        400,
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
      );
    default:
      return undefined;
  }
}
