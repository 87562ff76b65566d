import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { look } from "../../../controllers/pool/look.ts";
import { leaseSeconds } from "../../../controllers/pool/store.ts";
import { bounded } from "../../support/bounded.ts";
import { Mortal } from "./mortal.ts";
import { staleFor } from "./stale.ts";
import { Aws, newImageId, type World } from "./world.ts";

const hour = 3600;
const { signal } = new AbortController();
let aws: Aws;
before(async () => {
  aws = await Aws.start();
});
after(() => aws.close());

/** Longer than it takes until a killed controller's lease is over and the next one looks. */
const staleSeconds = leaseSeconds + 300;

/** A pool, its controller that dies, and the one after it. EC2 shows neither what has just been made. */
interface Story {
  world: World;
  mortal: Mortal;
  ec2: EC2Client;
}

/** Looks until something is so. When the controller is killed, another one takes its place once its lease is over. */
async function keepUntil({ world, mortal, ec2 }: Story, isSo: () => Promise<boolean>): Promise<void> {
  const store = mortal.store(world.store);
  const heir = world.pool({ ec2 });
  const pool = mortal.pool(heir);
  const end = aws.now() + 60 * hour;
  while (!(await isSo())) {
    ok(aws.now() < end, "not done");
    const lookAgainAt = mortal.isDead
      ? (await world.look({}, heir)).lookAgainAt
      : await look(pool, store, { holder: "the first" }, signal).then(
          (answer) => ("decision" in answer ? answer.decision.lookAgainAt : 0),
          (error: unknown) => {
            if (!mortal.isDead) throw error;
            return aws.now() + leaseSeconds;
          },
        );
    world.advance(lookAgainAt - aws.now());
  }
}

/** A host's whole life: ordered, launched, renewed by a new root volume, drained, ended and given back. */
async function wholeLife(mortal: Mortal): Promise<void> {
  const world = aws.world(["mac-1"], {
    launchLoopSeconds: 12 * hour,
    calmLoopSeconds: 12 * hour,
    settleSeconds: 2 * staleSeconds,
  });
  const story = { world, mortal, ec2: staleFor(staleSeconds, aws.ec2, () => aws.now()) };
  await keepUntil(story, async () => (await world.readyCount()) === 1);
  await keepUntil(story, async () => world.ends.at.size === 1);
  world.policy = { ...world.policy, imageId: newImageId };
  const isRenewed = async () => (await world.shown()).tasks.length > 0 && (await world.readyCount()) === 1;
  await keepUntil(story, isRenewed);
  const { instances, tasks } = await world.shown();
  deepEqual([instances.length, tasks.length], [1, 1], "one instance, one new root volume");
  ok(!world.told.some(({ kind }) => kind === "terminate"), "no Mac was lost on the way");
  world.policy = { ...world.policy, hosts: [] };
  await keepUntil(story, async () => (await world.shown()).hosts.every(({ state }) => state === "released"));
  equal((await world.shown()).hosts.length, 1, "one host");
  await keepUntil(story, async () => world.ends.at.size === 0 && world.runners.unused.size === 0);
}

test("a controller killed at any step: the next one finishes, and nothing is done twice", async (t) => {
  const immortal = new Mortal(Number.POSITIVE_INFINITY);
  await wholeLife(immortal);
  for (const call of [
    "AllocateHosts",
    "RunInstances",
    "CreateReplaceRootVolumeTask",
    "TerminateInstances",
    "ReleaseHosts",
    "drain",
    "mint",
    "revoke",
    "schedule",
    "unschedule",
  ])
    ok(immortal.steps.includes(`before ${call}`), `${call} is part of the story`);
  for (const [index, step] of bounded([...immortal.steps.entries()], 10)) {
    await t.test(`${index}: ${step}`, async () => {
      const mortal = new Mortal(index);
      await wholeLife(mortal);
      ok(mortal.isDead);
    });
  }
});
