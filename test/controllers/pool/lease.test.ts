import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { isHeld, look } from "../../../controllers/pool/look.ts";
import { keepPool } from "../../../controllers/pool/loop.ts";
import { LeaseLost, leaseSeconds, type TimelineEntry } from "../../../controllers/pool/store.ts";
import { Aws, type World } from "./world.ts";

const { signal } = new AbortController();
let aws: Aws;
before(async () => {
  aws = await Aws.start();
});
after(() => aws.close());

/** The client, with something to happen before each call of one action. */
function withHook(action: string, hook: () => Promise<void> | void): EC2Client {
  const send = aws.ec2.send.bind(aws.ec2) as (...args: unknown[]) => Promise<unknown>;
  const hooked = async (...args: unknown[]) => {
    if ((args[0] as object).constructor.name === `${action}Command`) await hook();
    return send(...args);
  };
  return Object.assign(Object.create(aws.ec2), { send: hooked });
}

/** A pool that wants two hosts ordered at its next look. */
async function hungryWorld(): Promise<World> {
  const world = aws.world(["mac-1", "mac-2"]);
  await world.look();
  world.advance(3600);
  return world;
}

test("a second controller does not even look while the first one acts", async () => {
  const world = await hungryWorld();
  const second = world.openStore();
  const answers: unknown[] = [];
  const ec2 = withHook("AllocateHosts", async () => {
    answers.push(await look(world.pool(), second, { holder: "second" }, signal));
  });
  await look(world.pool({ ec2 }), world.store, { holder: "first" }, signal);
  equal(answers.length, 2);
  for (const answer of answers) deepEqual(answer, { heldBy: "first", until: aws.now() + leaseSeconds });
  equal((await world.shown()).hosts.length, 2);
  ok(!isHeld(await look(world.pool(), second, { holder: "second" }, signal)), "free again after the look");
});

test("one that was away for longer than its lease does nothing more once another has taken over", async () => {
  const world = await hungryWorld();
  const second = world.openStore();
  let calls = 0;
  const ec2 = withHook("AllocateHosts", async () => {
    calls += 1;
    world.advance(leaseSeconds);
    await look(world.pool(), second, { holder: "second" }, signal);
  });
  await rejects(look(world.pool({ ec2 }), world.store, { holder: "first" }, signal), LeaseLost);
  equal(calls, 1, "its second order was never given");
  equal((await world.shown()).hosts.length, 2, "its first one was the second controller's too: the same token");
});

test("the loop looks when the decision says, tells of trouble once, and ends cleanly", async () => {
  const world = aws.world(["mac-1"]);
  const stop = new AbortController();
  const told: TimelineEntry[] = [];
  const moments: number[] = [];
  const until = async (instant: number) => {
    moments.push(instant - aws.now());
    world.advance(instant - aws.now());
    if (moments.length <= 2) await aws.server.control("faults", { action: "DescribeHosts", effect: "throttle" });
    if ((await world.readyCount()) === 1) stop.abort();
  };
  const clock = { now: () => aws.now(), until };
  await keepPool(
    world.pool({ clock }),
    world.store,
    { holder: "loop", tell: (entry) => told.push(entry) },
    stop.signal,
  );
  deepEqual(moments.slice(0, 3), [1800, 1800, 1800]);
  deepEqual(
    told.slice(0, 3).map(({ kind }) => kind),
    ["wait", "look", "allocate"],
  );
  ok(/could not look: describe dedicated hosts\n {2}RequestLimitExceeded/.test(told[1]?.reason ?? ""));
  ok(!isHeld(await look(world.pool(), world.openStore(), { holder: "next" }, signal)));
});

test("the loop ends before a look that should not be", async () => {
  const world = aws.world(["mac-1"]);
  let looks = 0;
  const until = async () => {
    looks++;
  };
  const beforeLook = () => {
    if (looks === 2) throw new Error("the settings have changed");
  };
  const pool = world.pool({ clock: { now: () => aws.now(), until } });
  await rejects(keepPool(pool, world.store, { holder: "loop", beforeLook }, signal), /the settings have changed/);
  equal(looks, 2);
});

test("a loop that is stopped in the middle of an order leaves it to the next one", async () => {
  const world = await hungryWorld();
  const stop = new AbortController();
  const ec2 = withHook("AllocateHosts", () => stop.abort());
  await keepPool(world.pool({ ec2 }), world.store, { holder: "stopped" }, stop.signal);
  const entries = await world.store.timeline("fleet/macs", { limit: 10 });
  deepEqual(
    entries.filter(({ kind }) => kind === "allocate").map(({ result }) => result),
    ["unknown"],
  );
  await world.until(async () => (await world.shown()).hosts.length === 2, 1);
});
