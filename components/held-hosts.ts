import * as pulumi from "@pulumi/pulumi";
import { ec2Client } from "../drivers/ec2/client.ts";
import { describeHosts, type ObservedHost } from "../drivers/ec2/hosts.ts";
import { DriverError } from "../drivers/errors.ts";
import { carries, poolMark } from "../model/ec2-mac/lease-mark.ts";
import { fleetMarkTag } from "../model/names.ts";
import { isHeld, type OwnedHost } from "../model/plan/host-owners.ts";
import type { PoolSettings } from "../model/settings.ts";

/** The hosts of each pool of EC2 Macs that are paid for, by the pool's name. */
export type HeldHosts = ReadonlyMap<string, readonly OwnedHost[]>;

/**
 * Looks which hosts the fleet has, so that none is declared that a controller has made. A fleet without a mark yet has
 * none; a preview that could not look says so and shows what would be without any.
 * @throws pulumi.RunError when a deployment could not look: it might make a host twice, which costs a day
 */
export async function lookAtHosts(pools: readonly PoolSettings[], mark: pulumi.Output<string>): Promise<HeldHosts> {
  const ec2 = pools.filter((pool) => pool.kind === "ec2-mac");
  const fleetId = ec2.length > 0 ? await known(mark) : undefined;
  if (fleetId === undefined) return new Map();
  const regions = [...new Set(ec2.map(({ region }) => region))];
  const found = (await Promise.all(regions.map((region) => lookIn(region, fleetId)))).flat();
  const ofPool = (name: string) => found.filter(({ tags }) => carries(tags, poolMark(fleetId, name)));
  return new Map(ec2.map(({ name }) => [name, ofPool(name)]));
}

async function lookIn(region: string, fleetId: string): Promise<ObservedHost[]> {
  const client = ec2Client({ region });
  try {
    return (await describeHosts(client, { tags: { [fleetMarkTag]: fleetId } })).filter(isHeld);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const what = `the fleet's hosts in ${region} could not be looked up`;
    if (!pulumi.runtime.isDryRun())
      throw new pulumi.RunError(`${what}, so one might be made twice. Nothing was changed.\n  ${error.message}`);
    await pulumi.log.warn(`${what}; what is shown leaves out what controllers have made: ${error.message}`);
    return [];
  } finally {
    client.destroy();
  }
}

/** The value; undefined where a preview cannot know it yet. */
async function known<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  // Each Output has it, though the published types leave it out; without it nobody could tell "not yet" from "later".
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return undefined;
  return new Promise((resolve) => output.apply(resolve));
}
