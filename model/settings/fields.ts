import { z } from "zod";
import { choices, type Reason, show } from "./problem.ts";

/** How a field explains itself: to readers of the reference, and to whoever filled it in wrongly. */
export interface FieldNote {
  /** What the setting does; for the reference and for editors. */
  about: string;
  /** What is allowed; a sentence. */
  allowed: string;
  /** What to do about a wrong value; a sentence. */
  fix?: string;
}

/** A text of the given shape. `example` is shown by editors and in the generated reference. */
export function text(pattern: RegExp, note: FieldNote) {
  const error = sentences(note, (input) => `${show(input)} won't do.`);
  return z.string({ error }).regex(pattern, { error }).meta({ description: note.about, allowed: note.allowed });
}

/** A text that a function accepts, for shapes that an expression cannot tell. */
export function textThat(accepts: (value: string) => boolean, note: FieldNote) {
  const error = sentences(note, (input) => `${show(input)} won't do.`);
  return z.string({ error }).refine(accepts, { error }).meta({ description: note.about, allowed: note.allowed });
}

/** A whole number within bounds. `counted` says "too many" instead of "too high". */
export function wholeNumber(min: number, max: number, note: FieldNote, counted = false) {
  const [less, more] = counted ? ["few", "many"] : ["low", "high"];
  const tooLow = sentences(note, (input) => `${show(input)} is too ${less}.`);
  const tooHigh = sentences(note, (input) => `${show(input)} is too ${more}.`);
  const notWhole = sentences(note, (input) => `${show(input)} is not a whole number.`);
  return z
    .int({ error: (issue) => (issue.code === "too_big" ? tooHigh(issue) : notWhole(issue)) })
    .min(min, { error: tooLow })
    .max(max, { error: tooHigh })
    .meta({ description: note.about, allowed: note.allowed });
}

/** One of a few values. */
export function oneOf<const T extends string | number>(values: readonly T[], note: FieldNote) {
  return z
    .literal([...values], { error: sentences(note, (input) => `${show(input)} is not allowed.`) })
    .meta({ description: note.about, allowed: note.allowed });
}

/** `true` or `false`. */
export function yesOrNo(about: string) {
  const error = sentences(
    { about, allowed: "Allowed: true or false." },
    (input) => `${show(input)} is not true or false.`,
  );
  return z.boolean({ error }).meta({ description: about });
}

/** A list with at least `min` entries. */
export function list<T extends z.ZodType>(entry: T, about: string, min = 0) {
  const allowed =
    min === 0
      ? "A list goes here; `[]` is an empty one."
      : `A list with at least ${min} ${min === 1 ? "entry" : "entries"} goes here.`;
  const note = { about, allowed, fix: "Start each entry on a new line with `- `." };
  return z
    .array(entry, { error: sentences(note, (input) => `${show(input)} is not a list.`) })
    .min(min, { error: sentences({ about, allowed }, () => "the list is empty.") })
    .meta({ description: about });
}

/** A group with exactly these settings. Other keys are mistakes. */
export function group<T extends z.core.$ZodShape>(shape: T, about: string) {
  const allowed = `A group of settings goes here: ${choices(Object.keys(shape), "and")}.`;
  const notGroup = sentences({ about, allowed }, (input) => `${show(input)} is not a group of settings.`);
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === "unrecognized_keys" ? knownKeys(shape) : notGroup(issue)),
    })
    .meta({ description: about });
}

/** Pairs whose names are yours to choose, within a shape. */
export function lookup<K extends z.core.$ZodRecordKey, V extends z.core.SomeType>(key: K, value: V, about: string) {
  const note = { about, allowed: "Pairs of a name and a value go here." };
  const error = sentences(note, (input) => `${show(input)} is not a group of pairs.`);
  return z.record(key, value, { error }).meta({ description: about });
}

/** The message for an entry whose `key` says none of the known kinds. */
export function unknownVariant(key: string, values: readonly string[]) {
  const note = { about: "", allowed: `Allowed: ${choices(values)}.` };
  const wrong = sentences(note, (input) => `${show(input)} is not allowed.`);
  return (issue: { code?: string; input?: unknown }): string =>
    issue.code === "invalid_union" ? wrong({ input: variantOf(issue.input, key) }) : notAGroup(issue);
}

const notAGroup = sentences(
  { about: "", allowed: "A group of settings goes here." },
  (input) => `${show(input)} is not a group of settings.`,
);

function variantOf(input: unknown, key: string): unknown {
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>)[key] : input;
}

/** The message of an issue is these lines: found, allowed, fix. */
export function packReason({ found, allowed, fix }: Reason): string {
  return [found, allowed, fix].filter(Boolean).join("\n");
}

/** The reverse of {@link packReason}. */
export function unpackReason(message: string): Reason {
  const [found = "", allowed = "", fix] = message.split("\n");
  return { found, allowed, ...(fix ? { fix } : {}) };
}

/** The known keys of a group, in the message of an issue about unknown ones. */
export function knownKeys(shape: object): string {
  return Object.keys(shape).join("\n");
}

function sentences(note: FieldNote, found: (input: unknown) => string) {
  return (issue: { input?: unknown }): string =>
    packReason({
      found: issue.input === undefined ? "missing." : found(issue.input),
      allowed: note.allowed,
      ...(note.fix ? { fix: note.fix } : {}),
    });
}
