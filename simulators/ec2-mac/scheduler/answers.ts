import { z } from "zod";
import { RestError } from "../rest.ts";

/** A wrong argument. */
export function validation(message: string): RestError {
  return new RestError("ValidationException", 400, message);
}

/** No such schedule or group. */
export function notFound(message: string): RestError {
  return new RestError("ResourceNotFoundException", 404, message);
}

/** It exists already, or came with another token. */
export function conflict(message: string): RestError {
  return new RestError("ConflictException", 409, message);
}

/** The body in the shape that the operation needs. @throws RestError `ValidationException` */
export function readBody<T>(schema: z.ZodType<T>, body: Buffer): T {
  const text = body.toString("utf8");
  const parsed = schema.safeParse(JSON.parse(text || "{}"));
  if (parsed.success) return parsed.data;
  throw validation(z.prettifyError(parsed.error));
}

/** A page of a list by `MaxResults` (100 at most) and `NextToken`. */
export function page<T>(items: readonly T[], query: URLSearchParams): { items: T[]; NextToken: string | undefined } {
  const start = Number(query.get("NextToken") ?? 0);
  const end = start + Math.min(Number(query.get("MaxResults") ?? 100), 100);
  return { items: items.slice(start, end), NextToken: end < items.length ? String(end) : undefined };
}
