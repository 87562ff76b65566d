import { z } from "zod";
import { fleetMarkTag } from "../../model/names.ts";

/** Inputs as a preview plans them: values that are not known yet are absent or markers, never guessed. */
export type PlannedInputs = Record<string, unknown>;

/** A text that is known and not empty. */
export const text = z.string().min(1);

/** The tags that the inputs give, as far as they are known. */
export function tagsOf(inputs: PlannedInputs): Record<string, string> {
  return z.record(z.string(), z.string()).safeParse(inputs.tags).data ?? {};
}

/** True where the tags have the fleet's mark of the inputs. */
export function hasMark(inputs: PlannedInputs, tags: Readonly<Record<string, string | undefined>>): boolean {
  const mark = tagsOf(inputs)[fleetMarkTag];
  return mark !== undefined && tags[fleetMarkTag] === mark;
}

/** Tags as most services list them, by key. */
export function fromList(
  tags: { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string | undefined> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

/** The name in the inputs. @throws ZodError when there is none */
export function nameOf(inputs: PlannedInputs): string {
  return text.parse(inputs.name);
}

/** What services say when something is not there. */
const missing = new Set([
  "NoSuchBucket",
  "NoSuchEntityException",
  "NoSuchTagSet",
  "InvalidResourceId",
  "ResourceNotFoundException",
]);

/** The answer; undefined where a service answers a look-up of something that is not there with an error. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && missing.has(error.name)) return undefined;
    throw error;
  }
}
