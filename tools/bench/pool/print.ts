import type { Ceilings } from "./ceiling.ts";
import { type Comparison, type Row, type SameCost, waitGoalSeconds } from "./compare.ts";
import { minute } from "./hours.ts";
import type { Result } from "./measure.ts";
import { profiles } from "./profiles.ts";
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

const sameCostHeadings = ["than", "ours, as", "wait p95", "theirs", "ratio", "$/job", "theirs", "ratio", "ratio*", ""];
const sameCostWidths = [28, 22, 10, 10, 7, 8, 8, 7, 8, 8];

/** A world's table, and what ours does at no higher cost than each of the others. */
export function comparisonText(comparison: Comparison, about: string): string {
  const { world, hosts, jobs, rows, sameCost } = comparison;
  return [
    `${world}: ${about}; ${jobs} jobs count, pools with a size have ${hosts} hosts`,
    line(headings, widths),
    ...rows.map((row) => line(cellsOf(row), widths)),
    "  ours at no higher cost, pending billed or not:",
    line(sameCostHeadings, sameCostWidths),
    ...sameCost.flatMap((one) => sameCostLines(one, comparison)),
    "",
  ].join("\n");
}

/** How often ours is ahead, where it is not, and how ready its runners are. */
export function totalText(comparisons: readonly Comparison[]): string {
  const all = comparisons.flatMap(({ world, sameCost }) => sameCost.map((one) => ({ world, ...one })));
  const count = (verdict: SameCost["verdict"]) => all.filter((one) => one.verdict === verdict).length;
  return [
    `Ours at no higher cost, in ${all.length} comparisons: ahead ${count("ahead")}, level ${count("level")}, behind ${count("behind")}`,
    ...all
      .filter(({ verdict }) => verdict !== "ahead")
      .map((one) => `  ${one.verdict} in ${one.world}: ${one.against}`),
    "Ready runners, as a share of held host time, from world to world:",
    ...["ours", "ours, scrubs bridged", "reference pool", "reference, stagger fitted"].map((policy) =>
      readyText(policy, comparisons),
    ),
    "",
  ].join("\n");
}

function readyText(policy: string, comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap((comparison) => comparison.rows.filter((row) => row.policy === policy));
  const shares = rows.map(({ readyShare }) => readyShare);
  const found = shares.length > 0 ? `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}` : "not run";
  return `  ${policy.padEnd(28)}${found}`;
}

/** What no pool that keeps its limits can pass in these worlds. */
export function ceilingText({ softLives, longestLives, bridged }: Ceilings): string {
  return [
    "What the durations allow at best, if nothing waits and no job holds a renewal up: a host that is renewed each 24 h and",
    `scrubs once a week is ready for ${percent(softLives)} of its time, with lives of 28 h for ${percent(longestLives)}, and where another host takes`,
    `its place for the scrub, for ${percent(bridged)}. A fixed pool renews nothing.`,
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
  "given back; needs one host in ten more in the settings. The others follow the load that they have learned of each hour",
  "of the week, with as much room for more hosts, and give hosts back once their lease is paid:",
  ...profiles.map(
    ({ name, about, spareDeviations, answeredPercent }) =>
      `  ${name.padEnd(9)}${about.padEnd(56)}spareDeviations ${spareDeviations}, answeredPercent ${answeredPercent}`,
  ),
  `Against each other policy stands the one of these ${profiles.length + 2} that is best at no higher cost, picked with knowledge of the world,`,
  "as the policies with a size are given the size that ours needs.",
  "$/job: host hours that AWS bills (pending is not) at mac2.metal's price. $/job*, ratio*: with pending billed too.",
  "broken: jobs whose Mac was ended under them and that began anew. lost: forgotten.",
  "undone: not begun a week after the last arrival, as the pool does not keep up; these are in no wait.",
  `needs: the smallest pool with a wait p95 of at most ${waitGoalSeconds / minute} min, and its cost. hosts: the most held at once.`,
  "",
].join("\n");

function cellsOf(row: Row): string[] {
  return [
    row.policy,
    String(row.peakHosts),
    percent(row.readyShare),
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

function sameCostLines(one: SameCost, { rows, daysToLearn }: Comparison): string[] {
  const { against, own, verdict } = one;
  const theirs = rows.find(({ policy }) => policy === against);
  if (!theirs) return [];
  const notes = verdict === "behind" ? notesOf(one, theirs, rows, daysToLearn) : [];
  const cells = own
    ? pairCells(own, theirs)
    : ["none costs so little", "-", waitText(theirs.waitP95), "-", "-", "-", "-", "-"];
  return [line([against, ...cells, verdict], sameCostWidths), ...notes.map((note) => `      ${note}`)];
}

function pairCells(own: Row, theirs: Row): string[] {
  return [
    own.undone > 0 ? `${profileOf(own)}, ${own.undone} undone` : profileOf(own),
    waitText(own.waitP95),
    waitText(theirs.waitP95),
    ratio(own.waitP95, theirs.waitP95),
    own.dollarsPerJob.toFixed(3),
    theirs.dollarsPerJob.toFixed(3),
    ratio(own.dollarsPerJob, theirs.dollarsPerJob),
    ratio(own.dollarsPerJobPendingBilled, theirs.dollarsPerJobPendingBilled),
  ];
}

/** Why ours is behind, as far as figures tell, and what it would cost to be ahead. */
function notesOf({ instead }: SameCost, theirs: Row, rows: readonly Row[], daysToLearn: number): string[] {
  const renewed = theirs.scrubs + theirs.replacements;
  const [ours] = rows;
  const hygiene = `it renews no Mac and scrubs none, where ours began ${(ours?.scrubs ?? 0) + (ours?.replacements ?? 0)} lives anew: not the same service`;
  const price = instead
    ? `${profileOf(instead)} makes jobs wait less, p95 ${waitText(instead.waitP95)}, at $ ${instead.dollarsPerJob.toFixed(3)}, ${ratio(instead.dollarsPerJob, theirs.dollarsPerJob)} of the cost, and ${ratio(instead.dollarsPerJobPendingBilled, theirs.dollarsPerJobPendingBilled)} with pending billed`
    : "none of ours makes jobs wait less";
  const learned = `${daysToLearn === 1 ? "one day" : `${daysToLearn} days`} to learn from: hours of the day seen once say little of the next`;
  return [...(renewed === 0 ? [hygiene] : []), ...(daysToLearn < 7 ? [learned] : []), price];
}

/** How a row of ours is set. */
function profileOf({ policy }: Row): string {
  return policy === "ours" ? "N hosts" : policy.replace("ours, ", "");
}

function ratio(own: number, theirs: number): string {
  return theirs > 0 ? `x ${(own / theirs).toFixed(2)}` : "-";
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function line(cells: readonly string[], columns: readonly number[]): string {
  const left = columns === widths ? 1 : 2;
  return `  ${cells.map((cell, index) => (index < left ? cell.padEnd(columns[index] ?? 0) : cell.padStart(columns[index] ?? 0))).join("")}`;
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
