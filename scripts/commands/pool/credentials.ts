import { SSMClient } from "@aws-sdk/client-ssm";
import { type Credentials, type Issuer, parameterCredentials } from "../../../controllers/pool/credentials.ts";
import type { Pool } from "../../../controllers/pool/pool.ts";
import { serviceConfig } from "../../../drivers/aws/service-call.ts";
import { findRole } from "../../../drivers/iam/role.ts";
import { awsName, type PoolPlace } from "../../../model/names.ts";

/** What a pool's credentials are put down for. */
export interface CredentialsPlace {
  region: string;
  fleetId: string;
  place: PoolPlace;
  mark: Pool["policy"]["mark"];
  now: () => number;
}

/** Credentials in Parameter Store. Whose role may read them is looked up at the first one, because most commands make none. */
export function lazyCredentials(about: CredentialsPlace, issuer: Issuer): Credentials {
  const { region, fleetId, place, mark, now } = about;
  let opened: Promise<Credentials> | undefined;
  const open = (signal: AbortSignal) => {
    opened ??= findRole(region, awsName("role", place), signal).then(({ id: instanceRoleId }) => {
      const ssm = new SSMClient(serviceConfig(region));
      return parameterCredentials({ ssm, fleetId, pool: place.pool, mark, instanceRoleId, now }, issuer);
    });
    return opened;
  };
  return {
    mint: async (registrant, signal) => (await open(signal)).mint(registrant, signal),
    revoke: async (instanceId, signal) => (await open(signal)).revoke(instanceId, signal),
    standing: async (instanceIds, signal) => (await open(signal)).standing(instanceIds, signal),
  };
}
