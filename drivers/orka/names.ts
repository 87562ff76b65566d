import { DriverError } from "../errors.ts";

interface NameRule {
  noun: string;
  pattern: RegExp;
  longest: number;
  shape: string;
}

/** Section 2 of the command reference; that names end in a letter or digit is Kubernetes' own rule. */
const RULES = {
  vm: {
    noun: "VM name",
    pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
    longest: 63,
    shape: "lower case letters, digits and -, starting with a letter and not ending in -",
  },
  vmConfig: {
    noun: "VM config name",
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 50,
    shape: "lower case letters, digits, - and ., starting and ending in a letter or digit",
  },
  image: {
    noun: "image name",
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 63,
    shape: "lower case letters, digits, - and ., starting and ending in a letter or digit",
  },
  serviceAccount: {
    noun: "service account name",
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 253,
    shape: "lower case letters, digits, - and ., starting and ending in a letter or digit",
  },
  namespace: {
    noun: "namespace",
    pattern: /^orka-[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    longest: 63,
    shape: "orka- and then lower case letters, digits and -, ending in a letter or digit",
  },
  node: {
    noun: "node name",
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 253,
    shape: "lower case letters, digits, - and ., starting and ending in a letter or digit",
  },
  nodeTag: {
    noun: "node tag",
    pattern: /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/,
    longest: 63,
    shape: "letters, digits, -, _ and ., starting and ending in a letter or digit",
  },
  vmConfigTag: {
    noun: "VM config tag",
    pattern: /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/,
    longest: 32,
    shape: "letters, digits, -, _ and ., starting and ending in a letter or digit",
  },
  registryReference: {
    noun: "registry reference",
    pattern: /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9][a-z0-9._-]*)+(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?$/,
    longest: 512,
    shape: "host/repository/image with an optional :tag",
  },
} satisfies Record<string, NameRule>;

/** What can be named in an Orka cluster. */
export type NameKind = keyof typeof RULES;

/** What is wrong with a name, in words; undefined when it is good. */
export function nameProblem(kind: NameKind, name: string): string | undefined {
  const rule = RULES[kind];
  if (name.length > rule.longest)
    return `${rule.noun} is ${name.length} characters long; at most ${rule.longest} are allowed`;
  if (!rule.pattern.test(name)) return `${rule.noun} ${JSON.stringify(name)} must be ${rule.shape}`;
  return undefined;
}

/** What is wrong with the name of an image to deploy: a local one, or one in a registry. */
export function imageProblem(image: string): string | undefined {
  return nameProblem(image.includes("/") ? "registryReference" : "image", image);
}

/** What is wrong with a metadata pair; orka3 joins pairs with `,` and `=`. */
export function metadataProblem(key: string, value: string): string | undefined {
  if (key !== "" && !/[,=\n]/.test(key) && !/[,=\n]/.test(value)) return undefined;
  return `metadata ${JSON.stringify(key)} must have a key, and no comma, equals sign or line break in key and value`;
}

/** Keeps a bad name from reaching orka3. @throws DriverError `invalid-argument` */
export function requireName(kind: NameKind, name: string): string {
  requireNone(nameProblem(kind, name));
  return name;
}

/** Turns a problem into an error. @throws DriverError `invalid-argument` when there is one */
export function requireNone(problem: string | undefined): void {
  if (problem !== undefined) throw new DriverError(problem, { kind: "invalid-argument" });
}
