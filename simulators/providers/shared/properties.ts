import { isDeepStrictEqual } from "node:util";
import { unknownValue } from "../../../drivers/lifecycle.ts";
import { hasUnknown, isObject, type Properties } from "./wire.ts";

/** What one property of a resource accepts, in the terms of the vendor's schema. */
export interface PropertySpec {
  /** The JSON type. `any` takes everything, as a list of triggers does. */
  type: "string" | "number" | "boolean" | "array" | "object" | "any";
  /** The program must give it. */
  required?: true;
  /** The provider alone gives it; refused as an input. */
  output?: true;
  /** Optional, and the service chooses a value when the program gives none; so leaving it out is never a change. */
  computed?: true;
  /** Filled in when the program gives none. */
  default?: string | number | boolean;
  /** A change makes a new resource; a function says for which new inputs it does. */
  replaces?: true | ((news: Properties) => boolean);
  /**
   * A program may say by `replaceOnChanges` that a change makes a new resource. The engine needs to know for that what has
   * changed, which this SDK cannot tell it; so it is left to compare by itself.
   */
  comparedByEngine?: true;
  /** Always a secret in the state. */
  secret?: true;
  /** Of an output: secret as soon as one of these inputs is. */
  secretFrom?: readonly string[];
  /** The only values allowed. */
  oneOf?: readonly (string | number)[];
  /** Of an object, or of each object in an array: the properties inside. Without it the keys are free, as in tags. */
  fields?: PropertyTable;
  /** True when two known values mean the same, such as JSON texts that differ in white space. */
  same?: (before: unknown, after: unknown) => boolean;
}

/** Every property that a resource kind has, by name. */
export type PropertyTable = Readonly<Record<string, PropertySpec>>;

/** A property that is wrong, in Pulumi's terms. */
export interface Failure {
  property: string;
  reason: string;
}

/** Every mistake in the inputs: missing, unknown to the vendor, output only, of the wrong type, not an allowed value. */
export function checkProperties(table: PropertyTable, inputs: Properties, path = ""): Failure[] {
  const missing = Object.entries(table).filter(([name, spec]) => spec.required && isAbsent(inputs[name]));
  const given = Object.entries(inputs).filter(([, value]) => !isAbsent(value));
  return [
    ...missing.map(([name]) => failure(path + name, `missing required property "${path}${name}"`)),
    ...given.flatMap(([name, value]) => checkProperty(table[name], value, path + name, Object.keys(table))),
  ];
}

/** The inputs with the table's defaults filled in. */
export function withDefaults(table: PropertyTable, inputs: Properties): Properties {
  const absent = Object.entries(table).filter(([name, spec]) => spec.default !== undefined && isAbsent(inputs[name]));
  return { ...inputs, ...Object.fromEntries(absent.map(([name, spec]) => [name, spec.default])) };
}

/** What changes between the state (the old outputs) and new inputs; an unknown value counts as a change. */
export function diffProperties(table: PropertyTable, state: Properties, news: Properties) {
  const changed = Object.entries(table).filter(([name, spec]) => isChange(spec, state[name], news[name]));
  return {
    ...(changed.some(([, { comparedByEngine }]) => comparedByEngine) ? {} : { changes: changed.length > 0 }),
    replaces: changed.filter(([, { replaces }]) => replaces === true || replaces?.(news)).map(([name]) => name),
  };
}

/** The part of what was read that a program could have given; what `pulumi import` writes and refresh compares. */
export function inputsOf(table: PropertyTable, state: Properties): Properties {
  const names = Object.entries(table).filter(([name, spec]) => !spec.output && !isAbsent(state[name]));
  return Object.fromEntries(names.map(([name]) => [name, state[name]]));
}

function checkProperty(spec: PropertySpec | undefined, value: unknown, path: string, known: string[]): Failure[] {
  if (!spec) return [failure(path, `unknown property "${path}"; known here are ${known.join(", ")}`)];
  if (spec.output) return [failure(path, `"${path}" is an output and cannot be given`)];
  if (value === unknownValue) return [];
  if (!hasType(spec, value)) return [failure(path, `"${path}" must be of type ${spec.type}`)];
  if (spec.oneOf && !spec.oneOf.some((allowed) => allowed === value)) {
    return [failure(path, `"${path}" is ${JSON.stringify(value)}; allowed are ${spec.oneOf.join(", ")}`)];
  }
  return spec.fields ? checkFields(spec.fields, value, path) : [];
}

function checkFields(fields: PropertyTable, value: unknown, path: string): Failure[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => checkFields(fields, item, `${path}[${index}]`));
  if (value === unknownValue) return [];
  if (!isObject(value)) return [failure(path, `"${path}" must be of type object`)];
  return checkProperties(fields, value, `${path}.`);
}

function hasType(spec: PropertySpec, value: unknown): boolean {
  if (spec.type === "any") return true;
  if (spec.type === "array") return Array.isArray(value);
  if (spec.type === "object") return isObject(value);
  return typeof value === spec.type;
}

function isChange(spec: PropertySpec, before: unknown, after: unknown): boolean {
  if (spec.output) return false;
  if (isAbsent(after)) return !isAbsent(before) && !spec.computed;
  if (hasUnknown(after) || isAbsent(before)) return true;
  return !(spec.same?.(before, after) ?? isDeepStrictEqual(before, after));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function failure(property: string, reason: string): Failure {
  return { property, reason };
}
