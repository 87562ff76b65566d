/** A series that is drawn over time: moments in seconds since 1970, oldest first. */
export interface ChartPoint {
  at: number;
  /** Drawn as a solid area: what is at work. */
  busy: number;
  /** Drawn above it: what there is. */
  ready: number;
}

/** The span of time that a chart shows. */
export interface ChartSpan {
  from: number;
  to: number;
}

const rows = 10;

/**
 * Points as a chart for a terminal: `#` is busy, `.` is ready and idle; a column without a look stays empty. A column
 * shows the last look in it. Pure; without a final newline.
 */
export function textChart(points: readonly ChartPoint[], span: ChartSpan, width = 72): string {
  const top = topOf(points);
  const columns = columnsOf(points, span, width);
  const lines = Array.from({ length: rows }, (_, row) => {
    const level = ((rows - row - 0.5) / rows) * top;
    const label = row === 0 ? String(top) : "";
    const cells = columns.map((point) => (!point ? " " : level < point.busy ? "#" : level < point.ready ? "." : " "));
    return `${label.padStart(4)} |${cells.join("")}`.trimEnd();
  });
  const start = stamp(span.from);
  return [
    ...lines,
    `   0 +${"-".repeat(width)}`,
    `      ${start}${stamp(span.to).padStart(width - start.length)}`,
  ].join("\n");
}

function columnsOf(points: readonly ChartPoint[], { from, to }: ChartSpan, width: number): (ChartPoint | undefined)[] {
  const columns = new Array<ChartPoint | undefined>(width).fill(undefined);
  for (const point of points) {
    const column = Math.min(width - 1, Math.floor(((point.at - from) / Math.max(1, to - from)) * width));
    if (column >= 0) columns[column] = point;
  }
  return columns;
}

/** The least round number that all points are under. */
function topOf(points: readonly ChartPoint[]): number {
  return Math.max(1, ...points.map(({ busy, ready }) => Math.max(busy, ready)));
}

const svg = { width: 900, height: 300, left: 40, right: 10, top: 30, bottom: 30 };

/** Points as a picture: a light area of what is ready, a dark one of what is busy, in steps from look to look. Pure. */
export function svgChart(title: string, points: readonly ChartPoint[], span: ChartSpan): string {
  const top = topOf(points);
  const innerWidth = svg.width - svg.left - svg.right;
  const innerHeight = svg.height - svg.top - svg.bottom;
  const floor = svg.height - svg.bottom;
  const x = (at: number) => svg.left + ((at - span.from) / Math.max(1, span.to - span.from)) * innerWidth;
  const y = (value: number) => floor - (value / top) * innerHeight;
  const area = (of: (point: ChartPoint) => number) => stepped(points, span.to, x, (point) => y(of(point)), floor);
  const text = (at: [number, number], anchor: string, words: string) =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${escaped(words)}</text>`;
  const grid = [0, 0.5, 1].flatMap((share) => [
    `<line x1="${svg.left}" x2="${svg.width - svg.right}" y1="${y(share * top)}" y2="${y(share * top)}" stroke="#ddd"/>`,
    text([svg.left - 6, y(share * top) + 4], "end", String(share * top)),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${svg.width} ${svg.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...grid,
    `<path d="${area(({ busy, ready }) => Math.max(busy, ready))}" fill="#bcd6ee"/>`,
    `<path d="${area(({ busy }) => busy)}" fill="#1f6fb2"/>`,
    text([svg.left, 18], "start", `${title}: runners ready (light) and busy (dark)`),
    text([svg.left, svg.height - 10], "start", stamp(span.from)),
    text([svg.width - svg.right, svg.height - 10], "end", stamp(span.to)),
    "</svg>",
    "",
  ].join("\n");
}

function stepped(
  points: readonly ChartPoint[],
  to: number,
  x: (at: number) => number,
  y: (point: ChartPoint) => number,
  floor: number,
): string {
  const [first] = points;
  if (!first) return `M0,${floor}`;
  const round = (value: number) => Math.round(value * 10) / 10;
  const steps = points.map((point, index) => {
    const next = points[index + 1]?.at ?? Math.min(to, point.at + 600);
    return `V${round(y(point))}H${round(x(next))}`;
  });
  return `M${round(x(first.at))},${floor}${steps.join("")}V${floor}Z`;
}

function stamp(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
