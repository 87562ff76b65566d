import { z } from "zod";
import { DriverError } from "./errors.ts";
import { type CheckFailure, unknownValue } from "./lifecycle.ts";

/** Checks each property that is known. Properties that the schema does not have are Pulumi's business. */
export function checkKnown(schema: z.ZodObject, inputs: object): CheckFailure[] {
  const values = inputs as Record<string, unknown>;
  return Object.entries(schema.shape).flatMap(([property, rule]) => {
    if (holdsUnknown(values[property])) return [];
    const issues = (rule as z.ZodType).safeParse(values[property]).error?.issues ?? [];
    return issues.map((issue) => ({ property, reason: [...issue.path, issue.message].join(": ") }));
  });
}

/** Reads inputs that must be complete by now. @throws DriverError `invalid-argument` */
export function parseInputs<T>(schema: z.ZodType<T>, what: string, inputs: object): T {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) return parsed.data;
  throw new DriverError(`${what} cannot be made from these inputs`, {
    kind: "invalid-argument",
    vendorText: z.prettifyError(parsed.error),
  });
}

/** True when the value, or a part of it, is known only later. */
function holdsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** What `read` answers when there is nothing any more. */
export const GONE: Record<string, never> = {};

/** Leaves out what is not set: Pulumi cannot store `undefined`. */
export function onlySet<T extends object>(properties: T): T {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as T;
}
