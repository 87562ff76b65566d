import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type AwsNamed,
  awsName,
  awsNameLimits,
  ec2Hosts,
  fleetId,
  fleetIdLimit,
  goldenVmName,
  logicalName,
  orkaNameLimits,
  orkaVmConfigName,
  orkaVmName,
  type PoolPlace,
  sharedAwsName,
  tartNameLimit,
  tartVmName,
} from "../../model/names.ts";

const production: PoolPlace = { fleet: "ci-macs", stack: "production", pool: "orka" };
const digest = "0123456789abcdef".repeat(4);

describe("names in an ordinary fleet", () => {
  const cases: [string, string][] = [
    [fleetId(production), "ci-macs-production"],
    [awsName("role", production), "ci-macs-production-orka"],
    [awsName("alarm", production, "silent"), "ci-macs-production-orka-silent"],
    [sharedAwsName("topic", production, "alerts"), "ci-macs-production-alerts"],
    [orkaVmConfigName(production, "orka-sequoia"), "ci-macs-production-orka-orka-sequoia"],
    [orkaVmName(production, "orka-sequoia", 3), "ci-macs-production-orka-orka-sequoia-3"],
    [tartVmName(production, 1), "ci-macs-production-orka-slot-1"],
    [
      goldenVmName(production, "tart-sequoia", `ghcr.io/example-org/macos@sha256:${digest}`),
      "golden-ci-macs-production-tart-sequoia-0123456789ab",
    ],
    [logicalName("office", "office-mac-1", "slot", 2), "office-office-mac-1-slot-2"],
  ];
  for (const [name, expected] of cases) test(expected, () => equal(name, expected));
});

test("a golden VM of a tag is named by a hash of the reference", () => {
  const names = ["127.0.0.1:5000/macos:latest", "127.0.0.1:5000/macos:15"].map((image) =>
    goldenVmName(production, "tart", image),
  );
  ok(names.every((name) => /^golden-ci-macs-production-tart-[0-9a-f]{12}$/.test(name)));
  notEqual(names[0], names[1]);
});

test("a name that is too long is cut, ends in a hash, and stays the same", () => {
  const place = { fleet: "continuous-integrate", stack: "production-europe", pool: "orka-cluster-in-frankfurt" };
  equal(orkaVmName(place, "sequoia", 12), "continuous-integrate-production-europe-orka-cluster-in-5df2be73");
});

test("a stack's odd letters are replaced, and stacks that differ in them alone have different names", () => {
  const names = ["dev.blue", "dev_blue", "Dev.blue"].map((stack) => fleetId({ fleet: "ci", stack }));
  equal(new Set([...names, fleetId({ fleet: "ci", stack: "dev-blue" })]).size, 4);
  ok(names.every((name) => /^ci-dev-blue-[0-9a-f]{8}$/.test(name)));
});

describe("hosts", () => {
  const zones = ["us-east-1a", "us-east-1b"];

  test("are numbered from 1 and dealt over the zones in turn", () => {
    deepEqual(
      ec2Hosts({ hostNamePrefix: "MacM1", hosts: 3, zones }).map(({ name, zone }) => `${name} ${zone}`),
      ["MacM1-1 us-east-1a", "MacM1-2 us-east-1b", "MacM1-3 us-east-1a"],
    );
  });

  test("stay where they are when there are more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 }), (hosts, more) => {
        const pool = { hostNamePrefix: "MacM1", zones };
        deepEqual(ec2Hosts({ ...pool, hosts: hosts + more }).slice(0, hosts), ec2Hosts({ ...pool, hosts }));
      }),
    );
  });
});

describe("whatever the parts are", () => {
  const word = fc.stringMatching(/^[a-z]([a-z0-9]){0,29}$/);
  const name = fc.stringMatching(/^[a-z]([a-z0-9]|-[a-z0-9]){0,29}$/);
  const stack = fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/);
  const grammar = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

  const kinds: [string, number, (place: PoolPlace, image: string, n: number) => string][] = [
    ["fleet ids", fleetIdLimit, (place) => fleetId(place)],
    ["Orka VM configs", orkaNameLimits.vmConfig, (place, image) => orkaVmConfigName(place, image)],
    ["Orka VMs", orkaNameLimits.vm, orkaVmName],
    ["Tart VMs", tartNameLimit, (place, _, n) => tartVmName(place, n)],
    ["golden VMs", tartNameLimit, (place, image) => goldenVmName(place, image, `a/b@sha256:${digest}`)],
    ...Object.entries(awsNameLimits).map(([kind, limit]): (typeof kinds)[number] => [
      kind,
      limit,
      (place, image) => awsName(kind as AwsNamed, place, image),
    ]),
  ];
  for (const [what, limit, make] of kinds) {
    test(`names of ${what} have at most ${limit} letters, digits and dashes`, () => {
      const parts = fc.tuple(fc.record({ fleet: name, stack, pool: name }), name, fc.integer({ min: 1, max: 200 }));
      fc.assert(
        fc.property(parts, ([place, image, n]) => {
          const made = make(place, image, n);
          ok(made.length <= limit && grammar.test(made), made);
        }),
      );
    });
  }

  test("different VMs of a stack have different names, cut or not", () => {
    const vm = fc.tuple(word, word, fc.integer({ min: 1, max: 200 }));
    const vms = fc.uniqueArray(vm, { selector: (parts) => parts.join("/"), minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(word, stack, vms, (fleet, inStack, parts) => {
        const names = parts.map(([pool, image, n]) => orkaVmName({ fleet, stack: inStack, pool }, image, n));
        equal(new Set(names).size, parts.length);
      }),
    );
  });
});
