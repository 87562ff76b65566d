import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { textChart } from "../../model/chart.ts";

const span = { from: 0, to: 1000 };
const points = [
  { at: 0, busy: 0, ready: 2 },
  { at: 250, busy: 1, ready: 2 },
  { at: 750, busy: 2, ready: 2 },
];

test("a text chart: busy below, idle above, nothing where nobody looked", () => {
  const lines = textChart(points, span, 4).split("\n");
  deepEqual(lines[0], "   2 |.. #");
  deepEqual(lines[9], "     |.# #");
  deepEqual(lines[10], "   0 +----");
});

test("points out of the span are not drawn, and no points are no mistake", () => {
  match(textChart([{ at: -500, busy: 9, ready: 9 }], span, 4), /^ {3}9 \|$/m);
  match(textChart([], span, 4), /^ {3}1 \|$/m);
});
