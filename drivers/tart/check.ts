import { z } from "zod";

/** A name that is at once a VM, a file and a part of a launchd label. */
export const vmNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be 1 to 63 letters, digits, dots, dashes and underscores");

/** `sha256:…` */
export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, "is not a digest such as `sha256:…`");
