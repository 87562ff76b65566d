import type { Order, Rule } from "../types.ts";
import { promisedOf } from "./ours.ts";

/** A fixed pool: so many hosts, each launched once and never renewed. No hygiene at all; what readiness could be at best. */
export function fixedPool(hosts: number): Rule<undefined> {
  const allocate: Order = { kind: "allocate", launch: true, byItself: true };
  return {
    name: "fixed pool",
    wakesOn: [],
    gives: "last-idle",
    promised: promisedOf(hosts),
    memory: undefined,
    decide: () => ({ orders: Array.from({ length: hosts }, () => allocate), memory: undefined }),
  };
}
