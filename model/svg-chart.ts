import type { ChartSpan } from "./chart.ts";
import { type Mark, timeMarks } from "./time-marks.ts";

/** One look at a pool: moments in seconds since 1970. */
export interface Look {
  at: number;
  /** Macs that the pool has, whatever for. */
  hosts: number;
  /** Runners that take jobs. */
  ready: number;
  /** Runners at work. */
  busy: number;
  /** Since the look before. */
  jobsFinished: number;
}

const width = 960;
const left = 48;
const right = 16;
const runnersPanel = { top: 84, height: 210 };
const jobsPanel = { top: 328, height: 56 };
const height = 412;

/** Light as it stands, dark where the reader's screen is. */
const style = `
.ground { fill: #ffffff } .text { fill: #24292f } .quiet { fill: #57606a } .grid { stroke: #d8dee4 }
.ready { fill: #b6d7f2 } .busy { fill: #1767ad } .hosts { stroke: #8c6d1f } .jobs { fill: #6f8f3c }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } .text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #2d333b }
.ready { fill: #1d4468 } .busy { fill: #58a6ff } .hosts { stroke: #d4a72c } .jobs { fill: #8fb35a }
}`.trim();

/**
 * A pool's looks as a picture: runners ready and busy in steps from look to look, hosts as a line, jobs as bars; empty
 * where nobody looked. Times are in UTC. Pure.
 * @param title a pool's name
 */
export function svgChart(title: string, looks: readonly Look[], span: ChartSpan): string {
  const seen = looks.filter(({ at }) => at >= span.from && at <= span.to);
  const x = (at: number) =>
    round(left + ((at - span.from) / Math.max(1, span.to - span.from)) * (width - left - right));
  const marks = timeMarks(span);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(`Runners of pool ${title}, ${day(span.from)} to ${day(span.to)}`)}</title>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    text(left, 26, `Pool ${title}`, { size: 16, weight: 600 }),
    text(left, 46, summary(seen), { tone: "quiet" }),
    ...legend(),
    ...marks.map(({ at }) => line(x(at), runnersPanel.top, x(at), jobsPanel.top + jobsPanel.height)),
    ...runners(smooth(seen, span), span, x),
    ...jobs(seen, span, x),
    ...timeLabels(marks, x),
    "</svg>",
    "",
  ].join("\n");
}

type Place = (at: number) => number;

/** Steps that a picture has room for; more would be a hatching that nobody can read. */
const mostSteps = 700;

/** The looks, or where there are too many of them their averages over stretches of equal length. */
function smooth(looks: readonly Look[], { from, to }: ChartSpan): Look[] {
  if (looks.length <= mostSteps) return [...looks];
  const seconds = Math.ceil((to - from) / (mostSteps / 2) / 600) * 600;
  const groups = Map.groupBy(looks, ({ at }) => Math.floor((at - from) / seconds));
  return [...groups].map(([index, group]) => {
    const mean = (of: (look: Look) => number) => group.reduce((sum, look) => sum + of(look), 0) / group.length;
    return {
      at: from + index * seconds,
      hosts: Math.max(...group.map(({ hosts }) => hosts)),
      ready: mean(({ ready }) => ready),
      busy: mean(({ busy }) => busy),
      jobsFinished: 0,
    };
  });
}

function runners(looks: readonly Look[], span: ChartSpan, x: Place): string[] {
  const { top, height } = runnersPanel;
  const axis = axisUpTo(Math.max(...looks.map(({ hosts, ready, busy }) => Math.max(hosts, ready, busy)), 1));
  const y = (value: number) => round(top + height - (value / axis.end) * height);
  const stretches = stretchesOf(looks, span.to);
  const path = (of: (look: Look) => number) => stretches.map((stretch) => stepped(stretch, of, x, y)).join("");
  const area = (of: (look: Look) => number) =>
    stretches
      .map(
        (stretch) => `M${x(stretch.looks[0].at)},${y(0)}${stepped(stretch, of, x, y).replace(/^M[^V]*/, "")}V${y(0)}Z`,
      )
      .join("");
  return [
    ...scale(axis, y, "runners"),
    `<path class="ready" d="${area(({ ready, busy }) => Math.max(ready, busy))}"/>`,
    `<path class="busy" d="${area(({ busy }) => busy)}"/>`,
    `<path class="hosts" fill="none" stroke-width="1.5" d="${path(({ hosts }) => hosts)}"/>`,
  ];
}

/** Bars of jobs that finished, in an hour each, or in a day where hours would be too thin to see. */
function jobs(looks: readonly Look[], span: ChartSpan, x: Place): string[] {
  const { top, height } = jobsPanel;
  const [seconds, each] = span.to - span.from > 10 * 86_400 ? [86_400, "a day"] : [3600, "an hour"];
  const counts = new Map<number, number>();
  for (const { at, jobsFinished } of looks) {
    const start = Math.floor(at / seconds) * seconds;
    counts.set(start, (counts.get(start) ?? 0) + jobsFinished);
  }
  const axis = axisUpTo(Math.max(...counts.values(), 1), 2);
  const y = (value: number) => round(top + height - (value / axis.end) * height);
  const bars = [...counts]
    .filter(([, count]) => count > 0)
    .map(([start, count]) => {
      const [from, to] = [x(Math.max(start, span.from)), x(Math.min(start + seconds, span.to))];
      return `<rect class="jobs" x="${from}" y="${y(count)}" width="${round(Math.max(1, to - from - 1))}" height="${round(y(0) - y(count))}"/>`;
    });
  return [...scale(axis, y, `jobs finished in ${each}`), ...bars];
}

/** Looks that follow each other without anything missing in between; the last one holds until `until`. */
interface Stretch {
  looks: [Look, ...Look[]];
  until: number;
}

/** A pause this much longer than the usual one means that nobody looked. */
const unusualTimes = 4;
const leastPauseSeconds = 1800;

function stretchesOf(looks: readonly Look[], end: number): Stretch[] {
  const pauses = looks.slice(1).map(({ at }, index) => at - (looks[index]?.at ?? at));
  const usual = pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const longest = Math.max(leastPauseSeconds, usual * unusualTimes);
  const stretches: Stretch[] = [];
  for (const look of looks) {
    const last = stretches.at(-1);
    if (last && look.at - last.until <= longest) {
      last.looks.push(look);
      last.until = look.at;
    } else {
      stretches.push({ looks: [look], until: look.at });
    }
  }
  return stretches.map(({ looks, until }) => ({ looks, until: Math.min(end, until + Math.max(usual, 120)) }));
}

/** Steps of a stretch; looks that show nothing new are left out, for a week has thousands. */
function stepped({ looks, until }: Stretch, of: (look: Look) => number, x: Place, y: Place): string {
  const steps: string[] = [];
  let level = of(looks[0]);
  for (const look of looks.slice(1)) {
    if (of(look) === level) continue;
    level = of(look);
    steps.push(`H${x(look.at)}V${y(level)}`);
  }
  return `M${x(looks[0].at)},${y(of(looks[0]))}V${y(of(looks[0]))}${steps.join("")}H${x(until)}`;
}

interface Axis {
  end: number;
  step: number;
}

/** Whole steps of 1, 2 or 5 times a power of ten, so that each line stands for a round number. */
function axisUpTo(most: number, lines = 5): Axis {
  const rough = most / lines;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? power;
  return { step, end: Math.ceil(most / step) * step };
}

function scale({ end, step }: Axis, y: Place, unit: string): string[] {
  const values = Array.from({ length: end / step + 1 }, (_, index) => index * step);
  return [
    ...values.flatMap((value) => [
      line(left, y(value), width - right, y(value)),
      text(left - 8, y(value) + 4, String(value), { anchor: "end", tone: "quiet" }),
    ]),
    text(left, y(end) - 8, unit, { tone: "quiet" }),
  ];
}

const legendAt = [620, 696, 824];

function legend(): string[] {
  const entries = [
    ["busy", "busy"],
    ["ready", "ready and idle"],
    ["hosts", "Macs of the pool"],
  ] as const;
  return entries.flatMap(([kind, words], index) => {
    const start = legendAt[index] ?? left;
    const sample =
      kind === "hosts"
        ? `<path class="hosts" fill="none" stroke-width="2" d="M${start},22H${start + 14}"/>`
        : `<rect class="${kind}" x="${start}" y="16" width="14" height="12"/>`;
    return [sample, text(start + 20, 26, words)];
  });
}

function summary(looks: readonly Look[]): string {
  if (looks.length === 0) return "Nobody looked in this time.";
  const sum = (of: (look: Look) => number) => looks.reduce((all, look) => all + of(look), 0);
  const ready = sum(({ ready, busy }) => Math.max(ready, busy));
  const share = (part: number, whole: number) => `${Math.round((part / Math.max(1, whole)) * 100)} %`;
  const busyShare = share(
    sum(({ busy }) => busy),
    ready,
  );
  const readyShare = share(
    ready,
    sum(({ hosts }) => hosts),
  );
  return `${readyShare} of the Macs were ready on average, ${busyShare} of those busy; ${sum(({ jobsFinished }) => jobsFinished)} jobs finished`;
}

function timeLabels(marks: readonly Mark[], x: Place): string[] {
  const bottom = jobsPanel.top + jobsPanel.height + 18;
  return [
    ...marks.filter(({ label }) => label).map(({ at, label }) => text(x(at) + 4, bottom, label, { tone: "quiet" })),
    text(left - 8, bottom, "UTC", { anchor: "end", tone: "quiet" }),
  ];
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

interface TextStyle {
  anchor?: "end";
  tone?: "quiet";
  size?: number;
  weight?: number;
}

function text(x: number, y: number, words: string, { anchor, tone, size, weight }: TextStyle = {}): string {
  const more = [
    anchor && `text-anchor="${anchor}"`,
    size && `font-size="${size}"`,
    weight && `font-weight="${weight}"`,
  ];
  return `<text class="${tone ?? "text"}" x="${x}" y="${y}" ${more.filter(Boolean).join(" ")}>${escaped(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function day(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 10);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
