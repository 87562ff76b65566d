import { group, oneOf, wholeNumber } from "./fields.ts";

/** How the controller of an EC2 Mac pool keeps its Macs. The defaults are those of `policyDefaults` in model/ec2-mac/policy.ts. */
export const policy = group(
  {
    staggerHours: wholeNumber(0, 24, {
      about: "Time between two launches, which keeps lives apart. Large pools launch oftener by themselves.",
      allowed: "Allowed: 0 to 24 (hours).",
    }).default(2),
    softLifeHours: wholeNumber(1, 70, {
      about: "A Mac takes no more jobs after this long and is made new.",
      allowed: "Allowed: 1 to 70 (hours).",
    }).default(24),
    softLifeSpreadHours: wholeNumber(0, 24, {
      about: "Soft lives differ by up to this much either way, so that Macs do not end together.",
      allowed: "Allowed: 0 to 24 (hours).",
    }).default(4),
    graceHours: wholeNumber(0, 24, {
      about: "How long the last job may go on after the soft life. Then the Mac shuts down in any case.",
      allowed: "Allowed: 0 to 24 (hours).",
    }).default(2),
    hardLifeHours: wholeNumber(2, 72, {
      about: "The controller ends a Mac at this age, whatever it does.",
      allowed: "Allowed: 2 to 72 (hours).",
    }).default(48),
    sweepDays: wholeNumber(1, 14, {
      about: "A daily sweep, which shares nothing with the controller, ends instances older than this.",
      allowed: "Allowed: 1 to 14 (days).",
    }).default(3),
    maxJobs: wholeNumber(
      1,
      10_000,
      { about: "A Mac is made new after so many jobs.", allowed: "Allowed: 1 to 10000 (jobs)." },
      true,
    ).default(24),
    minAlive: wholeNumber(
      0,
      200,
      {
        about: "`maxJobs` does not count while no more runners than this are alive.",
        allowed: "Allowed: 0 to the number of hosts.",
      },
      true,
    ).default(3),
    setUpLimitMinutes: wholeNumber(5, 240, {
      about: "A Mac that has not set itself up after this long has failed.",
      allowed: "Allowed: 5 to 240 (minutes); 10 is typical.",
    }).default(40),
    launchLoopMinutes: wholeNumber(1, 60, {
      about:
        "How often the controller looks while a launch or a release waits. The one in AWS always goes by the shorter loop.",
      allowed: "Allowed: 1 to 60 (minutes).",
    }).default(10),
    setUpLoopMinutes: wholeNumber(1, 60, {
      about:
        "How often the controller looks while a Mac boots or sets itself up. The one in AWS always goes by the shorter loop.",
      allowed: "Allowed: 1 to 60 (minutes).",
    }).default(2),
    fullScrubDays: wholeNumber(1, 90, {
      about:
        "Each host is scrubbed (internal disk, firmware) this often at least, if new root volumes renew it otherwise.",
      allowed: "Allowed: 1 to 90 (days).",
    }).default(7),
    recycleBy: oneOf(["replace-root-volume", "terminate"], {
      about:
        "How a Mac is made new between two scrubs: `replace-root-volume` takes minutes, `terminate` scrubs the host each time, up to 4.5 hours.",
      allowed: "Allowed: replace-root-volume or terminate.",
    }).default("replace-root-volume"),
  },
  "How the controller keeps the Macs. Optional.",
).prefault({});
