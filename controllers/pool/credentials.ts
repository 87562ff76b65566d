import type { SSMClient } from "@aws-sdk/client-ssm";
import { deleteParameters, listParameters, putSecret } from "../../drivers/ssm/parameters.ts";
import type { Instant, Tags } from "../../model/ec2-mac/types.ts";
import type { CredentialStanding } from "../../model/ec2-mac/upkeep.ts";

/** A Mac, whose runner registers with a credential that is for it. */
export interface Registrant {
  instanceId: string;
  hostName: string;
}

/** Makes at the CI system what a runner registers with. */
export interface Issuer {
  /** True where a credential is good for one job only. */
  perJob: boolean;
  /** Makes a credential, in place of those of the instance that are unused and have been for some time. @throws DriverError */
  issue(registrant: Registrant, signal: AbortSignal): Promise<string>;
  /** Ends what was issued to instances and is not in use. Runners that have registered stay. @throws DriverError */
  withdraw(instanceIds: readonly string[], signal: AbortSignal): Promise<void>;
  /** Instances with an unused credential. Only `instanceIds`, where the CI system does not tell whose the others are. */
  issued(instanceIds: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/** How short-lived credentials get to Macs, and what is there of them. */
export interface Credentials {
  /** Puts down a new credential where its Mac, and no other, can fetch it. Doing it again replaces it. */
  mint(registrant: Registrant, signal: AbortSignal): Promise<void>;
  /** Takes away what was put down for an instance and not used. */
  revoke(instanceId: string, signal: AbortSignal): Promise<void>;
  /** What is there; `instanceIds` are the pool's own, ended ones too. */
  standing(instanceIds: readonly string[], signal: AbortSignal): Promise<CredentialStanding>;
}

/** Where a pool's credentials are put down. */
export interface HandOver {
  ssm: SSMClient;
  fleetId: string;
  pool: string;
  /** Tags that prove that a parameter is this pool's. */
  mark: Tags;
  /** The unique id of the role that the pool's instances have (`AROA...`). */
  instanceRoleId: string;
  now: () => Instant;
}

/** The tag with the role session that may read a parameter, as `aws:userid` has it. */
export const readerTag = "mac-runner-fleet:reader";

/** The folder of a pool's parameters, without a slash at its end. */
export function parameterPrefix(fleetId: string, pool: string): string {
  return `/mac-runner-fleet/${fleetId}/${pool}`;
}

/** Credentials in Parameter Store. They are put there and deleted; the controller never reads one back. */
export function parameterCredentials(
  { ssm, fleetId, pool, mark, instanceRoleId, now }: HandOver,
  issuer: Issuer,
): Credentials {
  const prefix = parameterPrefix(fleetId, pool);
  const nameOf = (instanceId: string) => `${prefix}/${instanceId}/credential`;
  return {
    async mint(registrant, signal) {
      const { instanceId } = registrant;
      const value = await issuer.issue(registrant, signal);
      const tags = { ...mark, [readerTag]: `${instanceRoleId}:${instanceId}` };
      await putSecret(ssm, { name: nameOf(instanceId), value, description: `made at ${now()}`, tags }, signal);
    },
    async revoke(instanceId, signal) {
      await deleteParameters(ssm, [nameOf(instanceId)], signal);
      await issuer.withdraw([instanceId], signal);
    },
    async standing(instanceIds, signal) {
      const issued = await issuer.issued(instanceIds, signal);
      const waiting = new Map<string, Instant>();
      for (const { name, description } of await listParameters(ssm, prefix, signal)) {
        const instanceId = /\/(i-[0-9a-f]+)\/credential$/.exec(name)?.[1];
        const madeAt = Number(/^made at (\d+)$/.exec(description)?.[1] ?? 0);
        if (instanceId && name === nameOf(instanceId)) waiting.set(instanceId, madeAt);
      }
      return { perJob: issuer.perJob, waiting, issued };
    },
  };
}
