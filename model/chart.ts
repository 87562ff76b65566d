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

function stamp(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
