import { type Comparison, type Row, type SameCost, waitGoalSeconds } from "./compare.ts";
import { minute } from "./hours.ts";
import type { Result } from "./measure.ts";
import type { DecideTime, Speed } from "./speed.ts";

const headings = [
  "policy",
  "hosts",
  "ready",
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
const widths = [26, 6, 8, 10, 10, 8, 8, 8, 6, 8, 7, 10];

/** A world's table, and what ours does at the cost of each of the others. */
export function comparisonText(comparison: Comparison, about: string): string {
  const { world, hosts, jobs, rows, sameCost } = comparison;
  return [
    `${world}: ${about}; ${jobs} jobs count, pools with a size have ${hosts} hosts`,
    line(headings),
    ...rows.map((row) => line(cellsOf(row))),
    "  ours, as large as it costs no more than:",
    ...sameCost.map((one) => `    ${sameCostText(one, rows)}`),
    "",
  ].join("\n");
}

/** What the columns mean. */
export const legend = [
  "ready: share of held host time with a runner that takes jobs. wait: from arrival to start on a runner.",
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

function sameCostText({ against, hosts, verdict, ...own }: SameCost, rows: readonly Row[]): string {
  const theirs = rows.find(({ policy }) => policy === against);
  const pair = (of: (one: { waitP50: number; waitP95: number; dollarsPerJob: number }) => string) =>
    `${of(own)} against ${theirs ? of(theirs) : "?"}`;
  if (hosts === 0) return `${against.padEnd(26)} no host at that cost: behind`;
  const undone = own.undone > 0 ? `, ${own.undone} jobs undone` : "";
  const wait = `p95 ${pair((one) => waitText(one.waitP95))}, p50 ${pair((one) => waitText(one.waitP50))}`;
  return `${against.padEnd(26)} ${String(hosts).padStart(3)} hosts, ${wait}, $ ${pair((one) => one.dollarsPerJob.toFixed(3))}${undone}: ${verdict}`;
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

/** The speed of worlds and of decisions. */
export function speedText(speeds: readonly Speed[], decisions: readonly DecideTime[]): string {
  return [
    "Speed, per second of processor time, 5,000 jobs a week:",
    ...speeds.map(
      ({ policy, daysPerSecond, jobs, lost }) =>
        `  ${policy.padEnd(38)}${daysPerSecond.toFixed(0).padStart(6)} simulated days a second (${jobs} jobs, ${lost} lost)`,
    ),
    "One decide (a quiet day of a running pool):",
    ...decisions.map(
      ({ hosts, p50, p95, decisions: count }) =>
        `  ${String(hosts).padStart(5)} hosts  p50 ${p50.toFixed(0)} µs, p95 ${p95.toFixed(0)} µs (${count} decisions)`,
    ),
  ].join("\n");
}
