import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { matches, page } from "../../../simulators/ec2-mac/filters.ts";
import { filtersOf, parseQuery, tagSpecification } from "../../../simulators/ec2-mac/query.ts";
import { hostState, instanceState, releaseRefusal, takesLaunch } from "../../../simulators/ec2-mac/rules.ts";
import { emptyState, type SimHost, type SimInstance, type SimState } from "../../../simulators/ec2-mac/state.ts";
import { draw, RANGES } from "../../../simulators/ec2-mac/timings.ts";
import { renderAnswer, renderError } from "../../../simulators/ec2-mac/xml.ts";

const day = 24 * 3600 * 1000;
const minute = 60_000;
const allocated = Date.parse("2026-01-01T00:00:00.000Z");

function host(change: Partial<SimHost> = {}): SimHost {
  return {
    hostId: "h-1",
    region: "us-west-2",
    zone: "us-west-2a",
    instanceType: "mac2.metal",
    autoPlacement: "off",
    hostRecovery: "off",
    hostMaintenance: "on",
    tags: {},
    allocatedAt: allocated,
    ...change,
  };
}

function instance(change: Partial<SimInstance> = {}): SimInstance {
  return {
    instanceId: "i-1",
    hostId: "h-1",
    region: "us-west-2",
    imageId: "ami-1",
    instanceType: "mac2.metal",
    shutdownBehavior: "terminate",
    tags: {},
    subnetId: "subnet-1",
    vpcId: "vpc-1",
    securityGroupIds: [],
    metadataOptions: {},
    privateIp: "172.31.0.4",
    launchedAt: allocated,
    runningFrom: allocated + minute,
    bootedFrom: allocated + 10 * minute,
    ...change,
  };
}

function withBoth(h: SimHost, i?: SimInstance): SimState {
  return { ...emptyState(), hosts: [h], instances: i ? [i] : [] };
}

describe("a host and its instance through a recycle", () => {
  // Terminated at one hour, ended at 1 h 15, scrubbed by 4 h 15.
  const ending = {
    kind: "terminate" as const,
    reason: "",
    from: allocated + 60 * minute,
    until: allocated + 75 * minute,
  };
  const scrubbed = host({ scrub: { from: ending.until, until: allocated + 255 * minute } });
  const ended = instance({ ending });
  const cases: [minutes: number, instanceState: string, hostState: string, free: boolean][] = [
    [0, "shutting-down", "available", false],
    [74, "shutting-down", "available", false],
    [75, "terminated", "pending", false],
    [254, "terminated", "pending", false],
    [255, "terminated", "available", true],
  ];
  for (const [minutes, wantedInstance, wantedHost, free] of cases) {
    test(`after ${minutes} minutes`, () => {
      const now = allocated + minutes * minute;
      equal(instanceState(ended, now), wantedInstance);
      equal(hostState(scrubbed, now), wantedHost);
      equal(takesLaunch(withBoth(scrubbed, ended), scrubbed, now), free);
    });
  }
});

describe("release", () => {
  const early = "You can release this host any time after 2026-01-02T00:00:00.000Z.";
  const cases: [name: string, state: SimState, now: number, message: RegExp | undefined][] = [
    ["a new host", withBoth(host()), allocated, new RegExp(`^mac2.metal hosts must be allocated .* ${early}$`)],
    ["one millisecond early", withBoth(host()), allocated + day - 1, /24 hour/],
    ["at 24 hours", withBoth(host()), allocated + day, undefined],
    [
      "an occupied one",
      withBoth(host(), instance()),
      allocated + day,
      /^Dedicated host 'h-1' cannot be released as it is occupied\.$/,
    ],
    [
      "while it scrubs",
      withBoth(host({ scrub: { from: allocated, until: allocated + 2 * day } })),
      allocated + day,
      undefined,
    ],
  ];
  for (const [name, state, now, message] of cases) {
    test(name, () => {
      const refusal = releaseRefusal(state, state.hosts[0] as SimHost, now);
      if (message) match(refusal?.message ?? "", message);
      else equal(refusal, undefined);
    });
  }
});

test("a draw stays in its range and is the same for the same key", () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const [low, high] = RANGES.scrubAppleSilicon;
      const seconds = draw(RANGES.scrubAppleSilicon, key);
      return seconds >= low && seconds <= high && seconds === draw(RANGES.scrubAppleSilicon, key);
    }),
  );
});

test("the Query protocol is read as a tree, lists in the order of their numbers", () => {
  const query = parseQuery(
    "Action=X&Filter.2.Name=state&Filter.2.Value.1=available&Filter.1.Name=tag%3AName&Filter.1.Value.10=c&Filter.1.Value.2=b+b" +
      "&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=%26",
  );
  deepEqual(filtersOf(query), [
    { name: "tag:Name", values: ["b b", "c"] },
    { name: "state", values: ["available"] },
  ]);
  deepEqual(tagSpecification(query, "instance"), { k: "&" });
  deepEqual(tagSpecification(query, "volume"), {});
});

test("filters take wildcards and nothing else as a pattern", () => {
  const thing = { fields: { state: ["available"] }, tags: { Name: "mac.1(a)" } };
  equal(matches(thing, [{ name: "tag:Name", values: ["mac.?(*"] }]), true);
  equal(matches(thing, [{ name: "tag:Name", values: ["mac..(a)"] }]), false);
  equal(
    matches(thing, [
      { name: "state", values: ["pending", "available"] },
      { name: "tag-key", values: ["Name"] },
    ]),
    true,
  );
});

test("pages cover a list once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
      const seen: number[] = [];
      let token: string | undefined;
      do {
        const next = page(items, String(size), token);
        seen.push(...next.items);
        token = next.nextToken;
      } while (token);
      deepEqual(seen, items);
    }),
  );
});

test("answers and errors are written so that no value breaks the XML", () => {
  const answer = renderAnswer("X", "id", { tagSet: [{ key: "a<b", value: "c&d>" }], empty: [], gone: undefined });
  match(
    answer,
    /<tagSet><item><key>a&lt;b<\/key><value>c&amp;d&gt;<\/value><\/item><\/tagSet><empty><\/empty><\/XResponse>$/,
  );
  match(renderError("A", "b<c", "id"), /<Errors><Error><Code>A<\/Code><Message>b&lt;c<\/Message><\/Error><\/Errors>/);
});
