import { ApiError } from "./status.ts";

interface NameRule {
  pattern: RegExp;
  longest: number;
  says: string;
}

/** The name rules of the command reference, section 2 of the fact sheet. */
const NAME_RULES = {
  VirtualMachineInstance: {
    pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
    longest: 63,
    says: "lower case letters, digits and '-', starting with a letter",
  },
  VirtualMachineConfig: {
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 50,
    says: "lower case letters, digits, '-' and '.'",
  },
  Image: {
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 63,
    says: "lower case letters, digits, '-' and '.'",
  },
  ServiceAccount: {
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    longest: 253,
    says: "lower case letters, digits, '-' and '.'",
  },
  Namespace: {
    pattern: /^orka-[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    longest: 63,
    says: "'orka-' and then lower case letters, digits and '-'",
  },
  Tag: { pattern: /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/, longest: 63, says: "letters, digits, '-', '_' and '.'" },
} satisfies Record<string, NameRule>;

/** Turns down a name that the cluster would not take. @throws ApiError 422 */
export function checkName(kind: keyof typeof NAME_RULES, name: string): void {
  const rule = NAME_RULES[kind];
  if (name.length <= rule.longest && rule.pattern.test(name)) return;
  throw new ApiError(
    422,
    "Invalid",
    `${kind}.orka.macstadium.com "${name}" is invalid: metadata.name: Invalid value: "${name}": must be no more than ${rule.longest} characters: ${rule.says}`,
  );
}

/** True for an image in an OCI registry (`ghcr.io/org/image:tag`), which the cluster pulls by itself. */
export function isRegistryReference(image: string): boolean {
  return /^[^/]+[.:][^/]*\/.+/.test(image);
}
