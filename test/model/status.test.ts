import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { planEc2MacPool } from "../../model/plan/ec2-mac.ts";
import { planOrkaPool } from "../../model/plan/orka.ts";
import { planTartPool } from "../../model/plan/tart.ts";
import { imageOf, parseSettings } from "../../model/settings.ts";
import { readStackFile } from "../../model/stack-file.ts";
import { ec2MacRows, formatStatus, isWhole, orkaRows, type StatusRow, tartRows } from "../../model/status.ts";

const file = readFileSync(path.join(import.meta.dirname, "../../Pulumi.local.yaml"), "utf8");
const parsed = parseSettings(readStackFile(parse(file)));
assert.ok(parsed.ok);
const { settings } = parsed;
const place = (pool: string) => ({ fleet: settings.fleet.name, stack: "local", pool });

function pool<Kind extends (typeof settings.pools)[number]["kind"]>(kind: Kind) {
  const found = settings.pools.find((candidate) => candidate.kind === kind);
  return found as Extract<(typeof settings.pools)[number], { kind: Kind }>;
}

const ec2 = pool("ec2-mac");
const ec2Plan = planEc2MacPool(place("macm1"), ec2, imageOf(settings, "ec2-mac", ec2.image), settings.alerts, {});
const host = (name: string, state = "available") => ({ name, hostId: `h-${name}`, state, zone: "us-east-1a" });
const orka = pool("orka");
const orkaPlan = planOrkaPool(place("orka"), orka, (name) => imageOf(settings, "orka", name));
const tart = pool("tart");
const tartPlan = planTartPool(place("office"), tart, imageOf(settings, "tart", tart.image));
const mac = tartPlan.hosts[0];
assert.ok(mac);

const told = (rows: StatusRow[]) => rows.map(({ host, machine, state, note }) => ({ host, machine, state, note }));

test("a declared host that AWS does not have is missing, and the fleet is not whole", () => {
  const rows = ec2MacRows(ec2, ec2Plan, { seen: [host("MacM1-1")] });
  assert.deepEqual(told(rows), [
    { host: "MacM1-1 h-MacM1-1", machine: "", state: "available", note: "no instance yet" },
    { host: "MacM1-2", machine: "", state: "missing", note: "" },
  ]);
  assert.equal(isWhole(rows), false);
});

test("a host that is only ordered when there are jobs for it is not missed", () => {
  const sized = { ...ec2, sizing: { maxHosts: 4, spareDeviations: 1, answeredPercent: 80 } };
  const image = imageOf(settings, "ec2-mac", ec2.image);
  const plan = planEc2MacPool(place("macm1"), sized, image, settings.alerts, {});
  const rows = ec2MacRows(sized, plan, { seen: ["MacM1-1", "MacM1-2", "MacM1-4"].map((name) => host(name)) });
  assert.deepEqual(
    told(rows).map(({ host: shown, note }) => `${shown}: ${note}`),
    ["MacM1-1", "MacM1-2", "MacM1-4"].map((name) => `${name} h-${name}: no instance yet`),
  );
  assert.equal(isWhole(rows), true);
});

test("not having been able to look is not the same as missing", () => {
  const rows = ec2MacRows(ec2, ec2Plan, { failure: "no credentials" });
  assert.deepEqual([...new Set(told(rows).map(({ state, note }) => `${state}: ${note}`))], ["unknown: no credentials"]);
  assert.equal(isWhole(rows), false);
});

test("a host that the settings no longer have is shown as what it is", () => {
  const rows = ec2MacRows(ec2, ec2Plan, { seen: ["MacM1-1", "MacM1-2", "MacM1-9"].map((name) => host(name)) });
  assert.equal(rows.at(-1)?.note, "marked as this fleet's, but not declared");
  assert.equal(isWhole(rows), true);
});

test("a failed host is shown beside the one that has taken its name", () => {
  const failed = { ...host("MacM1-1", "permanent-failure"), hostId: "h-failed" };
  const rows = ec2MacRows(ec2, ec2Plan, { seen: [failed, host("MacM1-1"), host("MacM1-2")] });
  const note = "another host of this name: failed, replaced, or waiting to be given back";
  assert.deepEqual(told(rows), [
    { host: "MacM1-1 h-MacM1-1", machine: "", state: "available", note: "no instance yet" },
    { host: "MacM1-2 h-MacM1-2", machine: "", state: "available", note: "no instance yet" },
    { host: "MacM1-1 h-failed", machine: "", state: "permanent-failure", note },
  ]);
});

test("an instance shows on its host with its own state and address", () => {
  const instance = { id: "i-1", state: "running", address: "10.0.0.7", imageId: "ami-1" };
  const [row] = ec2MacRows(ec2, ec2Plan, { seen: [{ ...host("MacM1-1"), instance }] });
  assert.deepEqual(
    [row?.machine, row?.state, row?.address, row?.image],
    ["i-1", "available, running", "10.0.0.7", "ami-1"],
  );
});

test("Orka VMs are found by name, with node and port", () => {
  const name = orkaPlan.vms[0]?.name ?? "";
  const seen = [{ name, status: "Running", address: "10.221.188.20:8823", node: "node-1", image: "ventura" }];
  const rows = orkaRows(orka, orkaPlan, { seen });
  assert.deepEqual(told(rows)[0], { host: "node-1", machine: name, state: "running", note: "" });
  assert.deepEqual(
    rows.slice(1).map(({ state }) => state),
    ["missing", "missing"],
  );
});

test("each slot of a Mac has a row, running or not; golden images are no machines", () => {
  const seen = [
    { name: mac.slots[0]?.vmName ?? "", state: "running", address: "192.168.64.2" },
    { name: tartPlan.goldenName, state: "stopped", address: "" },
  ];
  const rows = tartRows(tart, mac, tartPlan.goldenName, { seen });
  assert.deepEqual(
    rows.map(({ slot, state }) => [slot, state]),
    [
      [1, "running"],
      [2, "missing"],
    ],
  );
});

test("the table leaves out columns with nothing in them and lines up the others", () => {
  const rows = tartRows(tart, mac, "golden", { seen: [] });
  const [head, first, second] = formatStatus(rows).split("\n");
  assert.match(head ?? "", /^POOL +KIND +HOST +SLOT +MACHINE +STATE +IMAGE$/);
  assert.equal(first?.indexOf("missing"), second?.indexOf("missing"));
});
