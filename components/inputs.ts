import type * as pulumi from "@pulumi/pulumi";

/** The arguments of a resource: each of its driver's inputs may be a value or one that is known only later. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };
