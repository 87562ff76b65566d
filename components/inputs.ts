import type * as pulumi from "@pulumi/pulumi";

/** The arguments of a resource: each of its driver's inputs, and each entry of a list, may be known only later. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K] extends (infer Entry)[] ? pulumi.Input<Entry>[] : T[K]> };
