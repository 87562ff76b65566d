import { group, wholeNumber } from "./fields.ts";

/** How an EC2 Mac pool follows its demand. Each setting is a number of `Sizing` in model/ec2-mac/policy.ts. */
export const sizing = group(
  {
    maxHosts: wholeNumber(
      2,
      200,
      {
        about: "The most hosts that the pool may have. `hosts` is how many it always has.",
        allowed: "Allowed: `hosts` and 1 more, to 200 (hosts).",
      },
      true,
    ),
    spareDeviations: wholeNumber(0, 5, {
      about:
        "So many standard deviations of an hour's usual load are kept ready above its mean. More costs more and waits less.",
      allowed: "Allowed: 0 to 5.",
    }).default(1),
    answeredPercent: wholeNumber(0, 100, {
      about:
        "The share of a load that nobody could foresee for which hosts are ordered at once. Each is paid for 24 hours; 0 lets such jobs wait for the runners that are there.",
      allowed: "Allowed: 0 to 100 (percent).",
    }).default(80),
  },
  "Lets the number of hosts follow the jobs that run and wait, hour by hour as it learns them; on its first day it takes all of them. The defaults are the policy benchmark's profile `usual`. Without it the pool always has `hosts`.",
);
