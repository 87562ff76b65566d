import { z } from "zod";
import { apiUrlProblem } from "./cluster-info.ts";
import { nameProblem } from "./names.ts";

/** A text that must pass a rule which answers the problem in words. */
export function ruled(problemOf: (value: string) => string | undefined): z.ZodType<string> {
  return z.string().check((context) => {
    const message = problemOf(context.value);
    if (message) context.issues.push({ code: "custom", message, input: context.value });
  });
}

/** Whole numbers from 1. */
export const positiveInteger = z.int().min(1);

/** The connection that resources of a cluster share. */
export const clusterSchema = z.object({
  apiUrl: ruled(apiUrlProblem),
  namespace: ruled((value) => nameProblem("namespace", value)),
});
