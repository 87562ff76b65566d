import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ec2Hosts } from "../../../model/names.ts";
import { neededQuotas } from "../../../model/plan/ec2-mac-quotas.ts";
import { blockNames, formatProblems, missingSecrets, parseSettings, type Settings } from "../../../model/settings.ts";
import { readStack, smallest, stackOf, valid, withValue } from "./read.ts";

describe("the committed stacks", () => {
  const stacks = { local: [2, 3, [2, 2]], staging: [1, 3, [1]], production: [8, 18, [2, 2, 2]] } as const;
  for (const [stack, [hosts, vms, slots]] of Object.entries(stacks)) {
    test(`${stack} has ${hosts} EC2 Macs, ${vms} Orka VMs and Macs with ${slots.join(", ")} slots`, () => {
      const settings = valid(parseSettings(readStack(stack as keyof typeof stacks)));
      deepEqual(sizes(settings), [hosts, vms, slots]);
    });
  }

  test("production is MacM1-1 to MacM1-8 over two zones, 4, 6 and 8 VMs of macOS 13, 14 and 15", () => {
    const { pools, images } = valid(parseSettings(readStack("production")));
    const [ec2, orka] = pools;
    ok(ec2?.kind === "ec2-mac" && orka?.kind === "orka");
    const hosts = ec2Hosts(ec2);
    deepEqual([hosts[0], hosts[7]?.name], [{ name: "MacM1-1", zone: "us-east-1a" }, "MacM1-8"]);
    equal(hosts.filter((host) => host.zone === "us-east-1b").length, 4);
    const macosOf = (name: string) => images.find((image) => image.name === name)?.macos;
    deepEqual(
      orka.vms.map(({ image, count }) => [macosOf(image), count]),
      [
        [13, 4],
        [14, 6],
        [15, 8],
      ],
    );
    deepEqual(orka.vm, { cpu: 12, memoryGb: 32, diskGb: 500 });
  });
});

describe("a pool that follows its demand", () => {
  const sized = (sizing: object) => {
    const [pool] = valid(withValue("pools[0].sizing", sizing)).pools;
    ok(pool?.kind === "ec2-mac");
    return pool;
  };

  test("says how far it may go; how it goes there has defaults", () => {
    const pool = sized({ maxHosts: 5 });
    deepEqual(pool.sizing, { maxHosts: 5, spareDeviations: 1, answeredPercent: 80 });
    deepEqual([pool.hosts, ec2Hosts(pool).length, pool.floor], [3, 5, 2]);
  });

  test("counts with its most hosts against the quota", () => {
    deepEqual(
      neededQuotas([sized({ maxHosts: 5 })]).map(({ hosts }) => hosts),
      [5],
    );
  });
});

function sizes({ pools }: Settings) {
  return pools.map((pool) => {
    if (pool.kind === "ec2-mac") return pool.hosts;
    if (pool.kind === "orka") return pool.vms.reduce((sum, { count }) => sum + count, 0);
    return pool.hosts.map(({ slots }) => slots);
  });
}

describe("defaults", () => {
  const settings = valid(parseSettings(stackOf()));
  const cases: [string, unknown][] = [
    ["fleet.tags", {}],
    ["images.2.insecure", false],
    ["pools.0.region", "us-east-1"],
    ["pools.0.hostNamePrefix", "cloud"],
    ["pools.0.floor", 2],
    ["pools.0.sshFrom", []],
    ["pools.0.rootVolumeGb", 200],
    ["pools.0.bootDeadlineHours", 48],
    ["pools.0.protect", false],
    ["pools.1.namespace", "orka-default"],
    ["pools.1.tagRequired", false],
    ["pools.2.hosts.0.port", 22],
    ["pools.2.hosts.0.slots", 2],
    ["pools.0.controller", "aws"],
    ["pools.0.alsoInstanceTypes", []],
    ["pools.0.rosetta", false],
    [
      "pools.0.policy",
      {
        staggerHours: 2,
        softLifeHours: 24,
        softLifeSpreadHours: 4,
        graceHours: 2,
        hardLifeHours: 48,
        sweepDays: 3,
        maxJobs: 24,
        minAlive: 3,
        setUpLimitMinutes: 40,
        launchLoopMinutes: 10,
        setUpLoopMinutes: 2,
        fullScrubDays: 7,
        recycleBy: "replace-root-volume",
      },
    ],
    ["runners.0.agentVersion", 3],
    ["runners.0.tags", []],
    [
      "alerts",
      {
        diskUsedPercent: 90,
        memoryUsedPercent: 85,
        silentMinutes: 15,
        belowFloorMinutes: 30,
        controllerSilentMinutes: 15,
        failedHosts: 1,
        launchFailures: 3,
        scrubOverdueMinutes: 60,
        leaseOverdueMinutes: 120,
        pastHardLimitMinutes: 60,
        logRetentionDays: 30,
      },
    ],
    ["notify", { emails: [] }],
  ];
  for (const [path, expected] of cases) {
    test(`${path} is ${JSON.stringify(expected)}`, () => deepEqual(valueAt(settings, path), expected));
  }

  test("one host's floor is 1, as an alarm below 0 would never come", () => {
    const { pools } = valid(withValue("pools[0].hosts", 1));
    equal(valueAt(pools, "0.floor"), 1);
  });

  test("a given value wins", () => {
    const { alerts } = valid(parseSettings(stackOf({ alerts: { silentMinutes: 30 } })));
    deepEqual([alerts.silentMinutes, alerts.diskUsedPercent], [30, 90]);
  });
});

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce((node, key) => (node as Record<string, unknown>)[key], value);
}

describe("at the edges", () => {
  const cases: [path: string, right: unknown, wrong: unknown][] = [
    ["pools[0].bootDeadlineHours", 48, 2],
    ["pools[0].bootDeadlineHours", 71, 73],
    ["pools[0].hosts", 1, 0],
    ["pools[0].sshFrom", ["203.0.113.7/32"], ["203.0.113.7"]],
    ["pools[0].zones", ["us-east-1f"], ["us-east-1g"]],
    ["pools[0].floor", 3, 4],
    ["pools[0].hostNamePrefix", "MacM1", "MacM1-"],
    ["pools[1].vm.diskGb", 90, 89],
    ["pools[1].apiUrl", "https://orka.example.com:8443/v1", "https://orka.example.com/v1/"],
    ["pools[1].namespace", "orka-ci", "orka-"],
    ["pools[2].hosts[0].slots", 0, -1],
    ["pools[2].hosts[0].slots", 2, 3],
    ["pools[2].hosts[0].address", "mac-1.example.com", "mac_1"],
    ["images[0].macos", 26, 25],
    ["images[2].reference", `127.0.0.1:5000/a@sha256:${"a".repeat(64)}`, `127.0.0.1:5000/a@sha256:${"a".repeat(63)}`],
    ["fleet.name", `a${"b".repeat(19)}`, `a${"b".repeat(20)}`],
    ["fleet.name", "a-b", "a--b"],
  ];
  for (const [path, right, wrong] of cases) {
    test(`${path}: ${JSON.stringify(right)} is right, ${JSON.stringify(wrong)} is wrong`, () => {
      valid(withValue(path, right));
      const parsed = withValue(path, wrong);
      ok(!parsed.ok);
      ok(parsed.problems.every((problem) => problem.path.startsWith(path)));
    });
  }

  test("a test registry may use a tag, any other may not", () => {
    const image = { name: "tart", kind: "tart", macos: 15, reference: "127.0.0.1:5000/macos:latest" };
    const images = (smallest.images as unknown[]).slice(0, 2);
    valid(parseSettings(stackOf({ images: [...images, { ...image, insecure: true }] })));
    ok(!parseSettings(stackOf({ images: [...images, image] })).ok);
  });

  test("aws:region is needed only where a pool has no region of its own", () => {
    const raw = { ...stackOf(), region: undefined };
    ok(!parseSettings(raw).ok);
    Object.assign((raw.blocks.pools as object[])[0] ?? {}, { region: "us-east-1" });
    valid(parseSettings(raw));
  });
});

test("a mistake in one entry hides nothing in the others", () => {
  const parsed = withValue("pools[0]", { name: "cloud", kind: "vmware" });
  const slots = withValue("pools[2].hosts[0].slots", 3);
  ok(!parsed.ok && !slots.ok);
  deepEqual(
    parsed.problems.map((problem) => problem.path),
    ["pools[0].kind"],
  );
  deepEqual(
    slots.problems.map((problem) => problem.path),
    ["pools[2].hosts[0].slots"],
  );
});

test("a message says where, what and what to do", () => {
  const parsed = withValue("pools[2].hosts[0].slots", 3);
  ok(!parsed.ok);
  equal(
    formatProblems(parsed.problems, "Pulumi.staging.yaml"),
    [
      "Pulumi.staging.yaml has 1 mistake. Nothing was changed.",
      "",
      "pools[2].hosts[0].slots: 3 is too many.",
      "  macOS lets a Mac run at most 2 macOS VMs at once.",
      "  Use 1 or 2, or 0 to keep it out of service; for more VMs add another host.",
    ].join("\n"),
  );
});

describe("missing secrets", () => {
  const settings = valid(parseSettings(stackOf()));

  test("are those that a pool or runner needs and the stack lacks", () => {
    const names = missingSecrets(settings, ["orkaToken"]).map((secret) => secret.name);
    deepEqual(names, ["sshPrivateKey", "buildkiteApiToken"]);
  });

  test("come with what to type", () => {
    const [first] = missingSecrets(settings, []);
    match(first?.command ?? "", /^pulumi config set --secret sshPrivateKey < /);
  });
});

describe("whatever the file holds", () => {
  /** Values near the right ones: any JSON, or parts of a right file put in the wrong place. */
  const parts = [
    ...Object.values(smallest),
    ...Object.values(smallest).flatMap((block) => Object.values(block as object)),
  ];
  const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...parts));
  const raw = fc.record({
    blocks: fc
      .dictionary(fc.oneof(fc.constantFrom(...blockNames), fc.string()), value)
      .map((other) => ({ ...smallest, ...other })),
    region: fc.option(fc.oneof(fc.string(), fc.constant("eu-west-1")), { nil: undefined }),
    secretKeys: fc.array(fc.string()),
    plainKeys: fc.array(fc.string()),
  });

  test("parsing ends with settings or with problems, never with an exception", () => {
    fc.assert(fc.property(raw, (given) => tells(parseSettings(given))));
  });

  test("so it does when any one value of a right file is replaced", () => {
    fc.assert(
      fc.property(fc.constantFrom(...pathsIn(smallest)), value, (path, other) => tells(withValue(path, other))),
    );
  });
});

function tells(parsed: ReturnType<typeof parseSettings>): void {
  if (parsed.ok) return;
  ok(parsed.problems.length > 0);
  for (const { path, found, allowed } of parsed.problems) ok(path && found && allowed, `${path}: ${found} ${allowed}`);
}

function pathsIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, entry]) => pathsIn(entry, path ? `${path}.${key}` : key));
  return path ? [path, ...below] : below;
}
