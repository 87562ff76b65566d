import type { HourlyPrices } from "./ledger.ts";

/**
 * US dollars for an hour of each kind of Mac host, on demand, in us-east-1, us-east-2 and us-west-2, from a third-party
 * list. Other regions cost more, and Savings Plans less.
 */
export const listPrices: HourlyPrices = {
  "mac1.metal": 1.083,
  "mac2.metal": 0.65,
  "mac2-m2.metal": 0.878,
  "mac2-m2pro.metal": 1.56,
  "mac2-m1ultra.metal": 5,
  "mac-m4.metal": 1.23,
  "mac-m4pro.metal": 1.97,
  "mac-m4max.metal": 6.25,
  "mac-m3ultra.metal": 12.5,
};
