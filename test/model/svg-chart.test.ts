import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Look, svgChart } from "../../model/svg-chart.ts";
import { timeMarks } from "../../model/time-marks.ts";

const hour = 3600;
const midnight = Date.UTC(2026, 10, 18) / 1000;
const span = { from: midnight, to: midnight + 24 * hour };
const look = (hours: number, busy: number, ready = 4, jobsFinished = 0): Look => {
  return { at: midnight + hours * hour, hosts: 4, ready, busy, jobsFinished };
};
/** The text of the picture's path of a kind, without its numbers' places. */
const pathOf = (picture: string, kind: string) =>
  new RegExp(`<path class="${kind}" d="([^"]*)"`).exec(picture)?.[1] ?? "";

test("runners step from look to look, from the left edge to the right", () => {
  const looks = Array.from({ length: 25 }, (_, index) => look(index, index < 12 ? 0 : 2));
  const picture = svgChart("macs", looks, span);
  equal(
    pathOf(picture, "busy"),
    "M48,294V294H496V189H944V294Z",
    "idle for half of the time, then half of the Macs busy",
  );
  equal(pathOf(picture, "ready"), "M48,294V84H944V294Z", "ready all the time: looks without news add nothing");
});

test("where nobody looked nothing is drawn", () => {
  const often = (from: number, to: number) =>
    Array.from({ length: (to - from) * 30 }, (_, index) => look(from + index / 30, 1));
  const whole = svgChart("macs", often(0, 24), span);
  const interrupted = svgChart("macs", [...often(0, 10), ...often(14, 24)], span);
  equal(pathOf(whole, "busy").split("Z").length - 1, 1);
  equal(pathOf(interrupted, "busy").split("Z").length - 1, 2);
  match(svgChart("macs", [], span), /Nobody looked in this time\./);
});

test("the words say what is drawn: whose, how much, in which unit and time zone", () => {
  const picture = svgChart("a<b", [look(0, 1, 2, 3), look(1, 1, 2, 4)], span);
  match(picture, /<title>Runners of pool a&lt;b, 2026-11-18 to 2026-11-19<\/title>/);
  match(picture, />50 % of the Macs were ready on average, 50 % of those busy; 7 jobs finished</);
  for (const words of ["runners", "jobs finished in an hour", "UTC", "busy", "ready and idle", "Macs of the pool"])
    match(picture, new RegExp(`>${words}<`));
  match(picture, /@media \(prefers-color-scheme: dark\)/);
  doesNotMatch(picture, /NaN|undefined|Infinity/);
});

test("a long time is drawn in averages, in a picture that stays small", () => {
  const week = { from: midnight, to: midnight + 7 * 24 * hour };
  const looks = Array.from({ length: 7 * 720 }, (_, index) => ({
    ...look(0, index % 5 === 0 ? 4 : 0),
    at: midnight + index * 120,
  }));
  const picture = svgChart("macs", looks, week);
  ok(picture.length < 40_000, `${picture.length} characters`);
  equal(pathOf(picture, "busy").split("V").length, 3, "every half an hour is alike");
  match(picture, />jobs finished in an hour</);
  match(svgChart("macs", looks, { from: midnight, to: midnight + 30 * 24 * hour }), />jobs finished in a day</);
});

test("moments on the axis are round, in UTC, ten at most, with the date at midnight", () => {
  const labels = (from: number, hours: number) =>
    timeMarks({ from, to: from + hours * hour })
      .map(({ label }) => label)
      .filter(Boolean);
  deepEqual(labels(midnight + 9.2 * hour, 26), [
    "12:00",
    "15:00",
    "18:00",
    "21:00",
    "Thu 11-19",
    "03:00",
    "06:00",
    "09:00",
  ]);
  deepEqual(labels(midnight + hour, 7 * 24), [
    "Thu 11-19",
    "Fri 11-20",
    "Sat 11-21",
    "Sun 11-22",
    "Mon 11-23",
    "Tue 11-24",
  ]);
  deepEqual(labels(midnight, 2), ["Wed 11-18", "01:00"]);
  for (const hours of [1, 5, 48, 24 * 30, 24 * 90, 24 * 2000]) ok(labels(midnight, hours).length <= 11, `${hours} h`);
});
