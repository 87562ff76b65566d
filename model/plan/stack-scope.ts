import { fleetMarkTag } from "../names.ts";
import type { PolicyCondition } from "./policy-document.ts";

/** The stack that a person's rights are limited to. */
export interface PermittedStack {
  region: string;
  account: string;
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

/** The role that is passed on goes to this service. */
export function passedTo(...services: string[]): PolicyCondition {
  const names = services.map((service) => `${service}.amazonaws.com`);
  return { StringEquals: { "iam:PassedToService": names.length === 1 ? (names[0] ?? "") : names } };
}

/** All of a kind in EC2. */
export function ec2Kind({ region, account }: PermittedStack, kind: string): string {
  return `arn:aws:ec2:${region}:${account}:${kind}/*`;
}

/** Something of a service in the stack's region. */
export function regional(service: string, { region, account }: PermittedStack, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** Something in IAM, which has no regions. */
export function inIam({ account }: PermittedStack, resource: string): string {
  return `arn:aws:iam::${account}:${resource}`;
}
