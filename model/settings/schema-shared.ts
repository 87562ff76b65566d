import { oneOf, text, wholeNumber } from "./fields.ts";
import { macosVersions } from "./mac-types.ts";
import { choices } from "./problem.ts";

/** A name that becomes part of other names. `about` says whose. */
export function entryName(about: string) {
  return text(/^[a-z]([a-z0-9]|-(?!-|$)){0,29}$/, {
    about,
    allowed: "A name has 1 to 30 lower-case letters, digits and single dashes; it starts with a letter.",
  });
}

/** A reference by name to an entry of another block. */
export function reference(about: string, block: string) {
  return text(/^.+$/, { about, allowed: `The name of an entry in \`${block}\` goes here.` });
}

/** The major version of macOS in an image. */
export const macos = oneOf(macosVersions, {
  about: "The major version of macOS in it. Jobs choose by it.",
  allowed: `Allowed: ${choices(macosVersions)}; Apple went from 15 to 26.`,
  fix: "Write the major version alone, as a number without quotes.",
});

/** The size of each VM of a pool. Orka wants two cores at least (VirtualMachineConfig, `cpu`). */
export const vmSize = {
  cpu: wholeNumber(2, 32, {
    about: "Cores of each VM.",
    allowed: "Allowed: 2 to 32 (cores); the largest Mac has 32.",
  }),
  memoryGb: wholeNumber(4, 512, {
    about: "Memory of each VM, in GB.",
    allowed: "Allowed: 4 to 512 (GB); the largest Mac has 512.",
  }),
  diskGb: wholeNumber(30, 8000, {
    about: "Disk of each VM, in GB. It can grow later, never shrink.",
    allowed: "Allowed: 30 to 8000 (GB); macOS and Xcode need 30 at the very least.",
  }),
};
