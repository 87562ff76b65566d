import { z } from "zod";
import { fleetMarkTag } from "../../model/names.ts";

/** Inputs as a preview plans them: values that are not known yet are absent or markers, never guessed. */
export type PlannedInputs = Record<string, unknown>;

/** A text with something in it. */
export const text = z.string().min(1);

/** The tags that are planned; none when they are not known yet. */
export function tagsOf(inputs: PlannedInputs): Record<string, string> {
  return z.record(z.string(), z.string()).safeParse(inputs.tags).data ?? {};
}

/** The filter for the fleet's mark; one that matches nothing where the inputs have none. */
export function marked(inputs: PlannedInputs): { Name: string; Values: string[] }[] {
  return [{ Name: `tag:${fleetMarkTag}`, Values: [tagsOf(inputs)[fleetMarkTag] ?? ""] }];
}

/** True when what was found carries the mark that is planned. */
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

/** The planned name. @throws ZodError when there is none */
export function nameOf(inputs: PlannedInputs): string {
  return text.parse(inputs.name);
}

/** What most services answer when they are asked for something that is not there. */
const missing = ["NoSuchEntityException", "ResourceNotFoundException", "ParameterNotFound", "NotFound", "NoSuchTagSet"];

/** Several services answer a look-up of something that is not there with an error. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && missing.includes(error.name)) return undefined;
    throw error;
  }
}
