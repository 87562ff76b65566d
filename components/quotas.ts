import { getServiceQuota } from "@pulumi/aws/servicequotas/getServiceQuota.js";
import * as pulumi from "@pulumi/pulumi";
import { type NeededQuota, neededQuotas, quotaProblem } from "../model/plan/ec2-mac-quotas.ts";
import type { PoolSettings } from "../model/settings.ts";

/**
 * Asks AWS whether the account may have as many hosts as the pools declare; at first it may have none. Quotas that could
 * not be looked at are told and not held against the pools.
 * @throws pulumi.RunError when a quota is too small, before anything is declared
 */
export async function checkQuotas(pools: readonly PoolSettings[]): Promise<void> {
  const needed = neededQuotas(pools);
  const applied = await Promise.all(needed.map(lookUp));
  const problems = needed.flatMap((quota, index) => {
    const value = applied[index];
    return value === undefined ? [] : (quotaProblem(quota, value) ?? []);
  });
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n\n"));
}

async function lookUp({ region, quotaCode, instanceType, hosts }: NeededQuota): Promise<number | undefined> {
  const unseen = async (why: string) => {
    const what = `whether the account may have ${hosts} hosts for ${instanceType} in ${region} could not be looked up`;
    await pulumi.log.warn(`${what}: ${why}`);
    return undefined;
  };
  try {
    const { value } = await getServiceQuota({ region, serviceCode: "ec2", quotaCode });
    return typeof value === "number" ? value : await unseen("AWS named no number");
  } catch (error) {
    return unseen(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}
