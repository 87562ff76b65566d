import type { EC2Client, Host, Instance, ReplaceRootVolumeTask } from "@aws-sdk/client-ec2";

interface Answer {
  Hosts?: Host[];
  /** Of RunInstances. */
  Instances?: Instance[];
  Reservations?: { Instances?: Instance[] }[];
  ReplaceRootVolumeTasks?: ReplaceRootVolumeTask[];
}

const room = { AvailableInstanceCapacity: [{ AvailableCapacity: 1 }] };

/** A client to which EC2 does not show, for so long, what has just been made. The real EC2 is like that for a while. */
export function staleFor(seconds: number, client: EC2Client, now: () => number): EC2Client {
  const send = client.send.bind(client) as (...args: unknown[]) => Promise<Answer>;
  const launches = new Map<string | undefined, Date | undefined>();
  const isNew = (made: Date | string | undefined) => new Date(made ?? 0).getTime() / 1000 > now() - seconds;
  const asBefore = (host: Host) =>
    isNew(launches.get(host.HostId)) ? { ...host, Instances: [], AvailableCapacity: room } : host;
  const staleSend = async (...args: unknown[]): Promise<unknown> => {
    const { Hosts, Instances = [], Reservations, ReplaceRootVolumeTasks, ...rest } = await send(...args);
    for (const { Placement, LaunchTime } of Instances) launches.set(Placement?.HostId, LaunchTime);
    return {
      ...rest,
      Instances,
      Hosts: Hosts?.filter(({ AllocationTime }) => !isNew(AllocationTime)).map(asBefore),
      Reservations: Reservations?.map((one) => ({ Instances: one.Instances?.filter((it) => !isNew(it.LaunchTime)) })),
      ReplaceRootVolumeTasks: ReplaceRootVolumeTasks?.filter(({ StartTime }) => !isNew(StartTime)),
    };
  };
  return Object.assign(Object.create(client), { send: staleSend });
}
