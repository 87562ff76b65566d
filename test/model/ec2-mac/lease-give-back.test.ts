import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import { decideGiveBack, type LeavingHost, type Occupant } from "../../../model/ec2-mac/lease-give-back.ts";
import { leavingTag, poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { waitingLease } from "../../../model/ec2-mac/lease-waiting.ts";

const mark = poolMark("mobile-1a2b3c4d", "macs");
const others = poolMark("mobile-1a2b3c4d", "others");
const allocatedAt = Date.UTC(2026, 0, 1) / 1000;
const hour = 3600;
const early = allocatedAt + 2 * hour;
const late = allocatedAt + 30 * hour;

const host = (change: Partial<LeavingHost> = {}): LeavingHost => ({
  hostId: "h-1",
  state: "available",
  tags: mark,
  allocatedAt,
  ...change,
});
const on = (state: string, tags = mark): Occupant => ({ instanceId: "i-1", state, tags });

describe("giving back", () => {
  const cases: {
    name: string;
    host?: Partial<LeavingHost>;
    on?: Occupant[];
    now: number;
    expect: string;
    /** Seconds from now until our instance is ended. */
    end?: number;
  }[] = [
    { name: "an empty host that is paid for goes at once", now: late, expect: "release" },
    { name: "one that scrubs as well", host: { state: "pending" }, now: late, expect: "release" },
    { name: "one that is broken as well", host: { state: "permanent-failure" }, now: late, expect: "release" },
    { name: "an ended instance is in nobody's way", on: [on("terminated")], now: late, expect: "release" },
    { name: "nor is a stopped one of somebody's", on: [on("stopped", others)], now: late, expect: "release" },
    { name: "a new host waits for the end of its lease", now: early, expect: "wait" },
    {
      name: "a running instance of ours may finish its jobs",
      on: [on("running")],
      now: late,
      expect: "wait",
      end: 2 * hour,
    },
    { name: "one that still launches has none", on: [on("pending")], now: late, expect: "wait", end: 0 },
    { name: "a stopped one of ours would stay for ever", on: [on("stopped")], now: late, expect: "wait", end: 0 },
    { name: "one that ends already is left to end", on: [on("shutting-down")], now: late, expect: "wait" },
    { name: "somebody's instance is waited for, not ended", on: [on("running", others)], now: late, expect: "wait" },
    { name: "a released host is done", host: { state: "released" }, now: late, expect: "nothing" },
    {
      name: "so is one that AWS replaced",
      host: { state: "released-permanent-failure" },
      now: late,
      expect: "nothing",
    },
    {
      name: "another pool's host is not touched",
      host: { tags: others },
      on: [on("running")],
      now: late,
      expect: "nothing",
    },
    { name: "a host without any tag is not touched", host: { tags: {} }, now: late, expect: "nothing" },
  ];
  for (const { name, now, expect, end, ...seen } of cases) {
    test(name, () => {
      const decision = decideGiveBack(host(seen.host), seen.on ?? [], { mark, drainSeconds: 2 * hour }, now);
      equal(decision.kind, expect);
      const wait = decision.kind === "wait" ? decision : undefined;
      equal(wait?.end && wait.end.from - now, end);
    });
  }

  test("is tried from the end of the lease, or from now on, for four days", () => {
    for (const [now, from] of [
      [early, allocatedAt + 24 * hour + 120],
      [late, late],
    ] as const) {
      const decision = decideGiveBack(host(), [on("running")], { mark, drainSeconds: 0 }, now);
      const times = decision.kind === "wait" ? [decision.releaseFrom, decision.until - decision.releaseFrom] : [];
      deepEqual(times, [from, 4 * 24 * hour]);
    }
  });
});

describe("what is shown of a host that waits", () => {
  const seen = {
    ...host({ tags: { ...mark, [leavingTag]: String(early) } }),
    name: "mac-1",
    zone: "",
    instanceType: "",
  };
  const cases: [name: string, on: Occupant[], now: number, reason: RegExp, overdue: number][] = [
    ["early", [], early, /^AWS takes it back at 2026-01-02 00:02 UTC at the earliest, in 22 h$/, 0],
    ["with its instance ending", [on("shutting-down")], early, /in 22 h; its instance i-1 is ending$/, 0],
    ["with somebody on it", [on("running", others)], late, /^i-1, which is not this pool's, is on it/, 6 * hour - 120],
    [
      "for no reason that we can see",
      [],
      late,
      /^AWS is asked again and again; it says the host is available$/,
      6 * hour - 120,
    ],
  ];
  for (const [name, occupants, now, reason, overdue] of cases) {
    test(name, () => {
      const lease = waitingLease({ ...seen, occupants, until: late }, now);
      match(lease?.reason ?? "", reason);
      equal(lease?.overdueSeconds, overdue);
    });
  }

  test("a host that had been paid for long before it was to leave is overdue from then on", () => {
    const tags = { ...mark, [leavingTag]: String(late - hour) };
    equal(waitingLease({ ...seen, tags, occupants: [], until: late }, late)?.overdueSeconds, hour);
  });

  test("when nothing tries any more, it says so", () => {
    const lease = waitingLease({ ...seen, occupants: [], until: undefined }, late);
    match(lease?.reason ?? "", /Nothing tries to release it/);
  });

  test("a host that is not to leave, or is gone, does not wait", () => {
    equal(waitingLease({ ...seen, tags: mark, occupants: [], until: undefined }, late), undefined);
    equal(waitingLease({ ...seen, state: "released", occupants: [], until: undefined }, late), undefined);
  });
});
