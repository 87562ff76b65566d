import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { ec2Client } from "../../../drivers/ec2/client.ts";
import { type HostLeasesInputs, lifecycle } from "../../../drivers/ec2/host-leases-resource.ts";
import { allocateHosts, describeHosts, modifyHosts, releaseHosts } from "../../../drivers/ec2/hosts.ts";
import { waitingLeases } from "../../../drivers/ec2/leases.ts";
import type { Tags } from "../../../drivers/ec2/tags.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { madeByController, madeByTag, poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const fleetId = "mobile-1a2b3c4d";
const mark = poolMark(fleetId, "macs");
const region = "us-west-2";

let aws: TestAws;
let ec2: EC2Client;
before(async () => {
  aws = await startTestAws();
  ec2 = ec2Client({ region });
});
after(async () => {
  ec2.destroy();
  await aws.close();
});

async function newHosts(quantity: number, tags: Tags = mark): Promise<string[]> {
  const clientToken = crypto.randomUUID();
  return allocateHosts(ec2, { zone: "us-west-2a", instanceType: "mac2.metal", quantity, clientToken, tags });
}

function wanting(hostIds: string[], names: string[] = []): HostLeasesInputs {
  return { region, hostIds, names, hostMaintenance: "off", fleetId, pool: "macs", graceSeconds: 7200 };
}

async function settings(ids: string[]): Promise<string[]> {
  return (await describeHosts(ec2, { ids })).map((host) => host.hostMaintenance);
}

test("creating it switches maintenance off on every host, more than one request holds", async () => {
  const hostIds = await newHosts(60);
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  equal(id, "mobile-1a2b3c4d/us-west-2/macs/leases");
  deepEqual(outs, wanting(hostIds));
  deepEqual(new Set(await settings(hostIds)), new Set(["off"]));
  equal((await lifecycle.diff(id, outs, wanting(hostIds.toReversed()))).changes, false);
});

test("a host with maintenance on is drift, and the next update mends it", async () => {
  const hostIds = await newHosts(2);
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  await modifyHosts(ec2, hostIds.slice(0, 1), { hostMaintenance: "on" });
  const seen = await lifecycle.read(id, outs);
  deepEqual(seen.props, { ...outs, hostMaintenance: "on" });
  equal((await lifecycle.diff(id, seen.props ?? outs, wanting(hostIds))).changes, true);
  deepEqual((await lifecycle.update(id, outs, wanting(hostIds))).outs, outs);
  deepEqual(await settings(hostIds), ["off", "off"]);
});

test("a host that is gone drops out; the promise to give back stays, whatever has become of the last one", async () => {
  const hostIds = await newHosts(2);
  const [first = "", second = ""] = hostIds;
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  aws.clock.advance(24 * 3600);
  await releaseHosts(ec2, [first], mark);
  deepEqual((await lifecycle.read(id, outs)).props, wanting([second]));
  await releaseHosts(ec2, [second], mark);
  deepEqual(await lifecycle.read(id, outs), { id, props: wanting([]) });
  await rejects(lifecycle.update(id, outs, wanting(hostIds)), /is not off on all/);
});

test("a pool without hosts has nothing to keep", async () => {
  const { id, outs } = await lifecycle.create(wanting([]));
  deepEqual((await lifecycle.read(id, outs)).props, outs);
});

test("hosts of somebody else are left alone", async () => {
  const [ours, theirs] = [await newHosts(1), await newHosts(1, poolMark("somebody-else", "macs"))];
  await rejects(lifecycle.create(wanting([...ours, ...theirs])), (error) => isFailure(error, "not-ours"));
  deepEqual(await settings([...ours, ...theirs]), ["on", "on"]);
});

test("removing it leaves the setting, so that no Mac moves under anybody", async () => {
  const hostIds = await newHosts(1);
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  await lifecycle.remove(id, outs);
  deepEqual(await settings(hostIds), ["off"]);
});

test("a host that leaves is given back and the others stay", async () => {
  const hostIds = await newHosts(2);
  const [stays = "", leaves = ""] = hostIds;
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  aws.clock.advance(25 * 3600);
  const updated = await lifecycle.update(id, outs, wanting([stays]));
  deepEqual(updated.outs, wanting([stays]));
  const states = (await describeHosts(ec2, { ids: [stays, leaves] })).map(({ hostId, state }) => [hostId, state]);
  deepEqual(Object.fromEntries(states), { [stays]: "available", [leaves]: "released" });
});

test("a host that comes back before it was released stays", async () => {
  const hostIds = await newHosts(2);
  const [stays = "", wavers = ""] = hostIds;
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  const without = await lifecycle.update(id, outs, wanting([stays]));
  deepEqual((await waitingLeases(region, { fleetId })).map(({ hostId }) => hostId).includes(wavers), true);
  await lifecycle.update(id, without.outs, wanting(hostIds));
  deepEqual((await waitingLeases(region, { fleetId })).map(({ hostId }) => hostId).includes(wavers), false);
  aws.clock.advance(3 * 24 * 3600);
  deepEqual(
    (await describeHosts(ec2, { ids: hostIds })).map(({ state }) => state),
    ["available", "available"],
  );
});

describe("with a controller that makes hosts", () => {
  const states = async (ids: string[]) => {
    const seen = new Map((await describeHosts(ec2, { ids })).map(({ hostId, state }) => [hostId, state]));
    return ids.map((id) => seen.get(id));
  };
  const named = async (Name: string, more: Tags = {}) => {
    const [hostId = ""] = await newHosts(1, { ...ofPool, Name, ...more });
    return hostId;
  };
  const madeBy = async (hostId: string) => (await describeHosts(ec2, { ids: [hostId] }))[0]?.tags[madeByTag];
  let ofPool: Tags;
  let wants: (hostIds: string[], names: string[]) => HostLeasesInputs;
  let count = 0;
  beforeEach(() => {
    count += 1;
    const pool = `pool-${count}`;
    ofPool = poolMark(fleetId, pool);
    wants = (hostIds, names) => ({ ...wanting(hostIds, names), pool });
  });

  test("what it made goes with the pool, and nothing that another pool's made", async () => {
    const own = await named("mac-1");
    const ordered = await named("mac-2", madeByController);
    const [others = ""] = await newHosts(1, { ...poolMark(fleetId, "others"), ...madeByController });
    const { id, outs } = await lifecycle.create(wants([own], ["mac-1", "mac-2"]));
    aws.clock.advance(25 * 3600);
    await lifecycle.remove(id, outs);
    deepEqual(await states([own, ordered, others]), ["released", "released", "available"]);
  });

  test("what it ordered beyond the most that the pool may have is given back, the rest stays its own", async () => {
    const own = await named("mac-1");
    const [stays, leaves] = [await named("mac-2", madeByController), await named("mac-3", madeByController)];
    const { id, outs } = await lifecycle.create(wants([own], ["mac-1", "mac-2", "mac-3"]));
    aws.clock.advance(25 * 3600);
    const lower = wants([own], ["mac-1", "mac-2"]);
    equal((await lifecycle.diff(id, outs, lower)).changes, true);
    await lifecycle.update(id, outs, lower);
    deepEqual(await states([own, stays, leaves]), ["available", "available", "released"]);
  });

  test("a host that the pool no longer always has, but may have, becomes its own", async () => {
    const [stays, handed] = [await named("mac-1"), await named("mac-2")];
    const { id, outs } = await lifecycle.create(wants([stays, handed], ["mac-1", "mac-2"]));
    await lifecycle.update(id, outs, wants([stays], ["mac-1", "mac-2"]));
    deepEqual([await madeBy(stays), await madeBy(handed)], [undefined, "controller"]);
    deepEqual(await waitingLeases(region, { fleetId, pool: outs.pool }), []);
  });

  test("one that was replaced is given back and its replacement left alone", async () => {
    const old = await named("mac-1");
    const { id, outs } = await lifecycle.create(wants([old], ["mac-1"]));
    await named("mac-1", madeByController);
    await lifecycle.update(id, outs, wants([], ["mac-1"]));
    deepEqual(
      (await waitingLeases(region, { fleetId, pool: outs.pool })).map(({ hostId }) => hostId),
      [old],
    );
  });

  test("one that the program replaces by one of another kind is given back", async () => {
    const old = await named("mac-1");
    const { id, outs } = await lifecycle.create(wants([old], ["mac-1"]));
    const next = await named("mac-1");
    await lifecycle.update(id, outs, wants([next], ["mac-1"]));
    deepEqual(
      (await waitingLeases(region, { fleetId, pool: outs.pool })).map(({ hostId }) => hostId),
      [old],
    );
    equal(await madeBy(old), undefined);
  });

  test("one that leaves and is wanted again stays", async () => {
    const ordered = await named("mac-2", madeByController);
    const { id, outs } = await lifecycle.create(wants([], ["mac-2"]));
    const without = await lifecycle.update(id, outs, wants([], ["mac-1"]));
    equal((await waitingLeases(region, { fleetId, pool: outs.pool })).length, 1);
    await lifecycle.update(id, without.outs, wants([], ["mac-2"]));
    aws.clock.advance(3 * 24 * 3600);
    deepEqual(await states([ordered]), ["available"]);
  });
});

describe("check", () => {
  const cases: [name: string, inputs: object, properties: string[]][] = [
    ["accepts what is right", wanting(["h-0123456789abcdef0"]), []],
    ["leaves alone what is unknown", { ...wanting([]), hostIds: unknown, fleetId: unknown }, []],
    ["leaves alone an unknown host", wanting([unknown, "h-0123456789abcdef0"]), []],
    ["refuses what is no host", wanting(["i-1"]), ["hostIds"]],
    ["refuses another word", { ...wanting([]), hostMaintenance: "no" }, ["hostMaintenance"]],
  ];
  for (const [name, inputs, properties] of cases) {
    test(name, async () => {
      const news = inputs as HostLeasesInputs;
      const checked = await lifecycle.check(news, news);
      deepEqual(
        checked.failures.map((failure) => failure.property),
        properties,
      );
    });
  }
});

for (const [property, value] of [
  ["region", "eu-west-1"],
  ["pool", "others"],
  ["fleetId", "another"],
] as const) {
  test(`another ${property} is another resource`, async () => {
    const diff = await lifecycle.diff("id", wanting([]), { ...wanting([]), [property]: value });
    deepEqual(diff, { changes: true, replaces: [property] });
  });
}
