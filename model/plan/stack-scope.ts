import { fleetMarkTag } from "../names.ts";
import type { AwsAccount } from "./arns.ts";
import type { PolicyCondition } from "./policy-document.ts";

/** The stack that a person's rights are limited to. */
export interface PermittedStack extends AwsAccount {
  /** What the stack's things are called in AWS: `<fleet>-<stack>`. */
  name: string;
}

/** The stack's mark, which is its name and four random bytes: eight characters, so a longer name does not match. */
export function markPattern({ name }: PermittedStack): string {
  return `${name}-????????`;
}

/** What carries the stack's mark. */
export function ofStack(to: PermittedStack): PolicyCondition {
  return { StringLike: { [`aws:ResourceTag/${fleetMarkTag}`]: markPattern(to) } };
}

/** What gets the stack's mark as it is made. */
export function madeForStack(to: PermittedStack): PolicyCondition {
  return { StringLike: { [`aws:RequestTag/${fleetMarkTag}`]: markPattern(to) } };
}
