import { closeSshConnections } from "../../drivers/exec/ssh.ts";
import { planEc2MacPool } from "../../model/plan/ec2-mac.ts";
import { planOrkaPool } from "../../model/plan/orka.ts";
import { planTartPool } from "../../model/plan/tart.ts";
import { imageOf, type PoolSettings, type Settings } from "../../model/settings.ts";
import { ec2MacRows, formatStatus, isWhole, orkaRows, type StatusRow, tartRows } from "../../model/status.ts";
import { type Access, seeEc2Hosts, seeOrkaVms, seeTartVms, sight } from "../sightings.ts";
import { enterProject, projectFolder, readSettings, readStack, type StackOptions, stackFile } from "../stack.ts";

interface StatusOptions extends StackOptions {
  json?: boolean;
}

/** `fleet status`: exit code 0 when everything declared is there, 3 when something is missing, broken or out of sight. */
export async function status(signal: AbortSignal, options: StatusOptions): Promise<number> {
  const folder = projectFolder(options);
  enterProject(folder);
  const { settings } = readSettings(stackFile(folder, options.stack));
  const access = await openAccess(folder, options.stack, signal);
  try {
    const rows = (
      await Promise.all(settings.pools.map((pool) => lookAt(pool, settings, options.stack, access)))
    ).flat();
    console.log(options.json ? JSON.stringify(rows, undefined, 2) : formatStatus(rows));
    return isWhole(rows) ? 0 : 3;
  } finally {
    await closeSshConnections();
  }
}

async function openAccess(folder: string, stack: string, signal: AbortSignal): Promise<Access> {
  const { fleetId, secret } = await readStack(folder, stack, signal);
  return { fleetId, orkaToken: secret("orkaToken"), sshPrivateKey: secret("sshPrivateKey"), signal };
}

async function lookAt(pool: PoolSettings, settings: Settings, stack: string, access: Access): Promise<StatusRow[]> {
  const place = { fleet: settings.fleet.name, stack, pool: pool.name };
  switch (pool.kind) {
    case "ec2-mac": {
      const image = imageOf(settings, "ec2-mac", pool.image);
      const plan = planEc2MacPool(place, pool, image, settings.alerts, settings.fleet.tags);
      return ec2MacRows(pool, plan, await sight(() => seeEc2Hosts(pool, access)));
    }
    case "orka": {
      const plan = planOrkaPool(place, pool, (name) => imageOf(settings, "orka", name));
      return orkaRows(pool, plan, await sight(() => seeOrkaVms(pool, access)));
    }
    case "tart": {
      const plan = planTartPool(place, pool, imageOf(settings, "tart", pool.image));
      const rows = plan.hosts.map(async (planned) =>
        tartRows(pool, planned, plan.goldenName, await sight(() => seeTartVms(pool, planned.host, access))),
      );
      return (await Promise.all(rows)).flat();
    }
  }
}
