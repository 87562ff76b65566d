import { type Comparison, type Row, type SameCost, waitGoalSeconds } from "./compare.ts";
import { minute } from "./hours.ts";
import type { Result } from "./measure.ts";
import type { DecideTime, Speed } from "./speed.ts";

const headings = [
  "policy",
  "hosts",
  "ready",
  "kept",
  "wait p50",
  "wait p95",
  "$/job",
  "$/job*",
  "broken",
  "lost",
  "undone",
  "needs",
  "at $/job",
];
const widths = [28, 6, 8, 9, 10, 10, 8, 8, 8, 6, 8, 7, 10];

/** A world's table, and what ours does at the cost of each of the others. */
export function comparisonText(comparison: Comparison, about: string): string {
  const { world, hosts, jobs, rows, sameCost } = comparison;
  return [
    `${world}: ${about}; ${jobs} jobs count, pools with a size have ${hosts} hosts`,
    line(headings),
    ...rows.map((row) => line(cellsOf(row))),
    "  ours, at no higher cost, pending billed or not, than:",
    ...sameCost.map((one) => `    ${sameCostText(one, rows)}`),
    "",
  ].join("\n");
}

/** What the columns mean. */
export const legend = [
  "ready: share of held host time with a runner that takes jobs. wait: from arrival to start on a runner.",
  "kept: share of the promised runners that were ready; pools with a size promise 9 in 10 of their hosts, or all but one.",
  "Set-up: 2 to 4 min to install an agent on Amazon's image; the reference pool's own script takes 8 to 12 (an assumption of",
  "the worlds, as are 3 to 8 min for a root volume; boots of 6 to 20 min, scrubs of 1.5 to 2.2 h, one in ten 2 h longer).",
  "ours: N hosts, full scrub each week. Scrubs bridged: a new host first takes the place of one that is due, which is then",
  "given back; needs one host in ten more in the settings. By demand: follows what it has learned of each hour of the week,",
  "so many standard deviations above the mean, and orders hosts at once for that share of the load; idle hosts have their full",
  "scrub when nobody misses them, once a life. Against each other policy stands the one of 27 settings that is best at no",
  "higher cost, chosen with knowledge of the world, as the policies with a size are given the size that ours needs.",
  "$/job: host hours that AWS bills (pending is not) at mac2.metal's price. $/job*: with pending billed too.",
  "broken: jobs whose Mac was ended under them and that began anew. lost: forgotten.",
  "undone: not begun a week after the last arrival, as the pool does not keep up; these are in no wait.",
  `needs: the smallest pool with a wait p95 of at most ${waitGoalSeconds / minute} min, and its cost. hosts: the most held at once.`,
  "",
].join("\n");

function cellsOf(row: Row): string[] {
  return [
    row.policy,
    String(row.peakHosts),
    `${(100 * row.readyShare).toFixed(1)} %`,
    row.promisedShare === undefined ? "-" : `${(100 * row.promisedShare).toFixed(2)} %`,
    waitText(row.waitP50),
    waitText(row.waitP95),
    row.dollarsPerJob.toFixed(3),
    row.dollarsPerJobPendingBilled.toFixed(3),
    String(row.interrupted),
    String(row.lost),
    String(row.undone),
    row.hostsNeeded === undefined ? "-" : String(row.hostsNeeded),
    row.dollarsPerJobThen === undefined ? "-" : row.dollarsPerJobThen.toFixed(3),
  ];
}

function sameCostText({ against, own, verdict }: SameCost, rows: readonly Row[]): string {
  const theirs = rows.find(({ policy }) => policy === against);
  if (!own || !theirs) return `${against.padEnd(26)} always costs more: ${verdict}`;
  const pair = (of: (one: Row) => string) => `${of(own)} against ${of(theirs)}`;
  const wait = `p95 ${pair((one) => waitText(one.waitP95))}, p50 ${pair((one) => waitText(one.waitP50))}`;
  const cost = pair((one) => `${one.dollarsPerJob.toFixed(3)} (${one.dollarsPerJobPendingBilled.toFixed(3)})`);
  const undone = own.undone > 0 ? `, ${own.undone} jobs undone` : "";
  return `${against.padEnd(26)} ${own.policy.padEnd(28)} ${wait}, $ ${cost}${undone}: ${verdict}`;
}

function line(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join("")}`;
}

/** A wait for people: `0`, `40 s`, `12.5 min`, `3.1 h`, `2.0 days`. */
export function waitText(seconds: number): string {
  if (seconds < 1) return "0";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

/** How our re-model of the on-demand pool does beside the figures that are known of it. */
export function onDemandText(result: Result, waitWithoutStart: number): string {
  return [
    "On-demand pool by its own figures, a week of 5,000 jobs (another re-model on another week: 244 hosts, 4,006 billed",
    "host hours, 1,050 allocations, no wait):",
    `  ${result.peakHosts} hosts, ${Math.round(result.billedHours)} billed host hours, ${result.allocations} allocations, wait p95 ${waitText(waitWithoutStart)} besides the 7 min of start, ${result.lost} lost`,
    "",
  ].join("\n");
}

/** Simulated days a second of the on-demand pool's own simulator, at its fastest. */
const knownDaysPerSecond = 15;

function speedLine({ policy, daysPerSecond, jobs, days, lost }: Speed): string {
  const perWeek = Math.round(jobs / (days / 7));
  const ratio = (daysPerSecond / knownDaysPerSecond).toFixed(1);
  const about = `${perWeek} jobs a week, ${days} days, ${lost} lost; ${ratio} times ${knownDaysPerSecond}`;
  return `  ${policy.padEnd(38)}${daysPerSecond.toFixed(0).padStart(6)} simulated days a second (${about})`;
}

/** The speed of worlds and of decisions. */
export function speedText(speeds: readonly Speed[], decisions: readonly DecideTime[]): string {
  return [
    "Speed, per second of processor time. Against: the on-demand pool's own simulator in CPython 3.11, which reaches 12 to 15",
    "simulated days a second on 5,000 jobs a week and drops half of them; on a busy computer both are slower.",
    ...speeds.map(speedLine),
    "One decide (a quiet day of a running pool):",
    ...decisions.map(
      ({ hosts, p50, p95, decisions: count }) =>
        `  ${String(hosts).padStart(5)} hosts  p50 ${p50.toFixed(0)} µs, p95 ${p95.toFixed(0)} µs (${count} decisions)`,
    ),
  ].join("\n");
}
