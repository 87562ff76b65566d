import type { LocatedProblem } from "../issues.ts";
import { poolsOfKind, problem, type Rule } from "../rule.ts";
import { policy as policySchema } from "../schema-policy.ts";
import type { DraftPool } from "../types.ts";

type Pool = Extract<DraftPool, { kind: "ec2-mac" }>;
type Hours = Record<"softLife" | "spread" | "grace" | "hardLife" | "bootDeadline" | "sweep" | "fullScrub", number>;

const defaults = policySchema.parse({});
const defaultBootDeadlineHours = 48;
/** After the hard life, the one-time schedule of AWS ends an instance this much later. */
const scheduleMarginHours = 2;

/** The ends of a life come one after another: soft, hard, the Mac's own deadline, the sweep. */
export const ec2PolicyRules: Rule = (draft) =>
  poolsOfKind(draft, "ec2-mac").flatMap(({ entry: pool, at }) => {
    const hours = hoursOf(pool);
    return [...(hours ? orderRules(hours, at) : []), ...minAliveRules(pool, at)];
  });

/** All limits, with defaults where nothing is said; undefined when one is malformed. */
function hoursOf(pool: Pool): Hours | undefined {
  if ("policy" in pool && pool.policy === undefined) return undefined;
  const given = pool.policy ?? {};
  const { softLifeHours, softLifeSpreadHours, graceHours, hardLifeHours, sweepDays, fullScrubDays } = {
    ...defaults,
    ...given,
  };
  const bootDeadlineHours = "bootDeadlineHours" in pool ? pool.bootDeadlineHours : defaultBootDeadlineHours;
  const hours = {
    softLife: softLifeHours,
    spread: softLifeSpreadHours,
    grace: graceHours,
    hardLife: hardLifeHours,
    bootDeadline: bootDeadlineHours,
    sweep: sweepDays === undefined ? undefined : sweepDays * 24,
    fullScrub: fullScrubDays === undefined ? undefined : fullScrubDays * 24,
  };
  return Object.values(hours).includes(undefined) ? undefined : (hours as Hours);
}

function orderRules(hours: Hours, at: PropertyKey[]): LocatedProblem[] {
  const { softLife, spread, grace, hardLife, bootDeadline, sweep, fullScrub } = hours;
  const lastJob = softLife + spread + grace;
  const lastOther = Math.max(bootDeadline, hardLife + scheduleMarginHours);
  return [
    ...unless(lastJob <= hardLife, [...at, "policy", "softLifeHours"], {
      found: `${softLife}, with a spread of ${spread} and a grace of ${grace}, is ${lastJob} hours.`,
      allowed: `The last job must be over before the hard life is, which is ${hardLife} hours.`,
      fix: "Make softLifeHours, softLifeSpreadHours or graceHours shorter, or hardLifeHours longer.",
    }),
    ...unless(hardLife <= bootDeadline, [...at, "policy", "hardLifeHours"], {
      found: `${hardLife} is later than the Mac's own deadline.`,
      allowed: `A Mac ends itself after ${bootDeadline} hours (bootDeadlineHours), so the controller must have ended it by then.`,
      fix: `Use ${bootDeadline} or less, or make bootDeadlineHours longer.`,
    }),
    ...unless(sweep > lastOther, [...at, "policy", "sweepDays"], {
      found: `${sweep / 24}, which is ${sweep} hours, leaves the other ends no time.`,
      allowed: `The sweep is for what has outlived every other end; the last of those comes after ${lastOther} hours.`,
      fix: `Use ${Math.floor(lastOther / 24) + 1} or more.`,
    }),
    ...unless(fullScrub >= hardLife, [...at, "policy", "fullScrubDays"], {
      found: `${fullScrub / 24} is shorter than a life, which may last ${hardLife} hours.`,
      allowed: "A host is scrubbed between two lives, never in the middle of one.",
      fix: `Use ${Math.ceil(hardLife / 24)} or more; recycleBy: terminate scrubs after each life.`,
    }),
  ];
}

function minAliveRules(pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  const minAlive = pool.policy?.minAlive;
  if (minAlive === undefined || pool.hosts === undefined) return [];
  return unless(minAlive <= pool.hosts, [...at, "policy", "minAlive"], {
    found: `${minAlive} is more than the pool has.`,
    allowed: `The pool has ${pool.hosts} ${pool.hosts === 1 ? "host" : "hosts"}, so maxJobs would never count.`,
    fix: `Use ${pool.hosts} or less.`,
  });
}

function unless(isRight: boolean, at: PropertyKey[], reason: Parameters<typeof problem>[1]): LocatedProblem[] {
  return isRight ? [] : [problem(at, reason)];
}
