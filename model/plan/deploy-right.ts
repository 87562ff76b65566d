import type { PolicyCondition } from "./policy-document.ts";
import type { PermittedStack } from "./stack-scope.ts";

/** Actions on some resources of AWS. */
export interface Right {
  actions: readonly string[];
  on(to: PermittedStack): string | readonly string[];
  when?(to: PermittedStack): PolicyCondition;
}

/** What the vendor's provider does in AWS for one type of resource. */
export interface TypeRights {
  /** What its statements are called. */
  sid: string;
  /** Looks that AWS allows for everything or not at all. */
  lists?: readonly string[];
  /** Looks at the stack's own. */
  reads?: Right;
  /** What makes, changes, tags and deletes it. */
  changes: readonly Right[];
}

/**
 * By types that the program declares: what the vendor's provider (pulumi-aws 7, over terraform-provider-aws 6) does in AWS
 * for the properties that the program sets, after that provider's source. Resources and condition keys are those of the
 * Service Authorization Reference (September 2026). Nobody has tried them in an account.
 */
export type RightsByType = Readonly<Record<string, TypeRights>>;
