import { z } from "zod";
import { type CheckFailure, unknownValue } from "../lifecycle.ts";

/** What is wrong with the inputs, as far as they are known. */
export function failuresOf(schema: z.ZodType, inputs: object): CheckFailure[] {
  const result = schema.safeParse(inputs);
  if (result.success) return [];
  return result.error.issues
    .filter((issue) => valueAt(inputs, issue.path) !== unknownValue)
    .map((issue) => ({ property: issue.path.join("."), reason: issue.message }));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (at === unknownValue) return at;
    return typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  }, value);
}

/** A name that is at once a VM, a file and a part of a launchd label. */
export const vmNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be 1 to 63 letters, digits, dots, dashes and underscores");

/** `sha256:…` */
export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, "is not a digest such as `sha256:…`");
