import { ec2Client } from "../drivers/ec2/client.ts";
import { describeHosts } from "../drivers/ec2/hosts.ts";
import { describeInstances } from "../drivers/ec2/instances.ts";
import { connect } from "../drivers/orka/connection.ts";
import { ownerOf } from "../drivers/orka/vm-decisions.ts";
import { tartCli } from "../drivers/tart/cli.ts";
import { configureHosts, sshHosts } from "../drivers/tart/host-connection.ts";
import { fleetMarkTag } from "../model/names.ts";
import type { Ec2MacPoolSettings, OrkaPoolSettings, TartPoolSettings } from "../model/settings.ts";
import type { SeenEc2Host, SeenOrkaVm, SeenTartVm, Sighting } from "../model/status.ts";

/** What is needed to look at machines. */
export interface Access {
  fleetId: string;
  orkaToken: string | undefined;
  sshPrivateKey: string | undefined;
  signal: AbortSignal;
}

/** Looks, and keeps the reason where that fails: one place that cannot be seen must not hide the others. */
export async function sight<T>(look: () => Promise<T>): Promise<Sighting<T>> {
  try {
    return { seen: await look() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** The pool's hosts and the instance on each. Released hosts stay visible for a while and are left out. */
export async function seeEc2Hosts(pool: Ec2MacPoolSettings, { fleetId, signal }: Access): Promise<SeenEc2Host[]> {
  const client = ec2Client({ region: pool.region });
  const tags = { [fleetMarkTag]: fleetId, "mac-runner-fleet:pool": pool.name };
  const hosts = (await describeHosts(client, { tags }, signal)).filter(({ state }) => !state.startsWith("released"));
  const ids = hosts.flatMap(({ instanceIds }) => instanceIds);
  const instances = ids.length > 0 ? await describeInstances(client, { ids }, signal) : [];
  return hosts.map((host) => {
    const instance = instances.find(({ hostId }) => hostId === host.hostId);
    return {
      name: host.name,
      hostId: host.hostId,
      state: host.state,
      zone: host.zone,
      instance: instance && {
        id: instance.instanceId,
        state: instance.state,
        address: instance.privateIp ?? "",
        imageId: instance.imageId,
      },
    };
  });
}

/** The VMs in the pool's namespace that carry the fleet's mark. */
export async function seeOrkaVms(pool: OrkaPoolSettings, access: Access): Promise<SeenOrkaVm[]> {
  if (!access.orkaToken) throw new Error("the stack has no orkaToken");
  const orka = await connect({ apiUrl: pool.apiUrl, namespace: pool.namespace }, access.orkaToken);
  const vms = await orka.vms.list({ signal: access.signal });
  return vms
    .filter((vm) => ownerOf(vm, access.fleetId) === "ours")
    .map((vm) => ({
      name: vm.name,
      status: vm.status,
      address: [vm.ip, vm.sshPort].filter(Boolean).join(":"),
      node: vm.node ?? "",
      image: vm.image ?? "",
    }));
}

/** The local VMs of one Mac, with addresses of those that run. */
export async function seeTartVms(
  pool: TartPoolSettings,
  host: TartPoolSettings["hosts"][number],
  { sshPrivateKey, signal }: Access,
): Promise<SeenTartVm[]> {
  configureHosts(() => sshPrivateKey);
  const { name, address, port, hostKey } = host;
  const tart = tartCli(sshHosts.execFor({ name, address, port, user: pool.sshUser, hostKey }));
  const vms = (await tart.list({ signal })).filter(({ source }) => source === "local");
  return Promise.all(
    vms.map(async (vm) => ({
      name: vm.name,
      state: vm.state,
      address: vm.state === "running" ? ((await tart.ip(vm.name, { signal })) ?? "") : "",
    })),
  );
}
