import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  AllocateHostsCommand,
  DescribeHostsCommand,
  type Host,
  ModifyHostsCommand,
  ReleaseHostsCommand,
  type UnsuccessfulItem,
} from "@aws-sdk/client-ec2";
import { defineResource } from "../../shared/provider.ts";
import { ec2 } from "../clients.ts";
import {
  arnProperty,
  exclusive,
  notStoodIn,
  regionOf,
  regionProperty,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";
import { changeEc2Tags } from "./tags.ts";

interface Inputs {
  availabilityZone: string;
  autoPlacement: "on" | "off";
  hostRecovery: "on" | "off";
  instanceFamily?: string | undefined;
  instanceType?: string | undefined;
  region?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  region: string;
  arn: string;
  ownerId: string;
  tagsAll: Tags;
}

/** The vendor's default time limit for creating a host. */
const CREATE_SECONDS = 600;
const POLL_MILLISECONDS = 1000;
const onOff = ["on", "off"];

/** `aws_ec2_host` in Terraform. Gone means released; a host that failed for good is still there and must be released. */
export const dedicatedHost = defineResource<Inputs, Outputs>({
  token: "aws:ec2/dedicatedHost:DedicatedHost",
  properties: {
    ...regionProperty,
    ...tagProperties,
    ...arnProperty,
    assetId: { type: "string", computed: true, replaces: true },
    autoPlacement: { type: "string", default: "on", oneOf: onOff },
    availabilityZone: { type: "string", required: true, replaces: true },
    hostRecovery: { type: "string", default: "off", oneOf: onOff },
    instanceFamily: { type: "string" },
    instanceType: { type: "string", comparedByEngine: true },
    outpostArn: { type: "string", replaces: true },
    ownerId: { type: "string", output: true },
  },
  rules: (inputs) => [
    ...exclusive(inputs, ["instanceFamily", "instanceType"], { needsOne: true }),
    ...notStoodIn(inputs, ["assetId", "outpostArn"]),
  ],

  async create(inputs, { signal }) {
    const id = await allocate(inputs);
    const host = await untilAvailable(id, inputs.region, signal);
    return { id, outs: outputs(host, inputs) };
  },

  async read(id, state) {
    const host = await find(id, state.region);
    return host && outputs(host, state);
  },

  async update(id, olds, news) {
    await modify(id, olds, news);
    await changeEc2Tags(id, olds.tagsAll, news.tags, news.region);
    const host = await find(id, news.region);
    if (!host) throw new Error(`reading EC2 Host (${id}): couldn't find resource`);
    return outputs(host, news);
  },

  async delete(id, { region }) {
    const command = new ReleaseHostsCommand({ HostIds: [id] });
    const answer = await vendorCall(`deleting EC2 Host (${id})`, "EC2: ReleaseHosts", ec2(region).send(command));
    const gone = (item: UnsuccessfulItem) => item.Error?.Code === "Client.InvalidHostID.NotFound";
    refuse(
      `deleting EC2 Host (${id})`,
      (answer.Unsuccessful ?? []).filter((item) => !gone(item)),
    );
  },
});

async function allocate(inputs: Inputs): Promise<string> {
  const command = new AllocateHostsCommand({
    ...settings(inputs),
    ...capacity(inputs),
    AvailabilityZone: inputs.availabilityZone,
    Quantity: 1,
    ClientToken: randomUUID(),
    ...(inputs.tags ? { TagSpecifications: [{ ResourceType: "dedicated-host", Tags: tagList(inputs.tags) }] } : {}),
  });
  const answer = await vendorCall("allocating EC2 Host", "EC2: AllocateHosts", ec2(inputs.region).send(command));
  const [id] = answer.HostIds ?? [];
  if (!id) throw new Error("allocating EC2 Host: empty result");
  return id;
}

async function modify(id: string, olds: Outputs, news: Inputs): Promise<void> {
  const change = { ...changed(settings(olds), settings(news)), ...changed(capacity(olds), capacity(news)) };
  if (Object.keys(change).length === 0) return;
  const command = new ModifyHostsCommand({ HostIds: [id], ...change });
  const answer = await vendorCall(`modifying EC2 Host (${id})`, "EC2: ModifyHosts", ec2(news.region).send(command));
  refuse(`modifying EC2 Host (${id})`, answer.Unsuccessful ?? []);
}

async function untilAvailable(id: string, region: string | undefined, signal: AbortSignal): Promise<Host> {
  const deadline = Date.now() + CREATE_SECONDS * 1000;
  for (;;) {
    const host = await find(id, region);
    if (host?.State === "available") return host;
    if (Date.now() > deadline)
      throw new Error(`waiting for EC2 Host (${id}) create: timeout, last state ${host?.State}`);
    await delay(POLL_MILLISECONDS, undefined, { signal });
  }
}

async function find(id: string, region: string | undefined): Promise<Host | undefined> {
  const sent = ec2(region).send(new DescribeHostsCommand({ HostIds: [id] }));
  const answer = await unlessGone(
    ["InvalidHostID.NotFound"],
    vendorCall(`reading EC2 Host (${id})`, "EC2: DescribeHosts", sent),
  );
  const host = answer?.Hosts?.[0];
  return host?.State?.startsWith("released") ? undefined : host;
}

function outputs(host: Host, asked: Partial<Inputs>): Outputs {
  const region = regionOf(asked.region);
  return {
    region,
    arn: `arn:aws:ec2:${region}:${host.OwnerId}:dedicated-host/${host.HostId}`,
    ownerId: host.OwnerId ?? "",
    autoPlacement: host.AutoPlacement ?? "on",
    hostRecovery: host.HostRecovery ?? "off",
    availabilityZone: host.AvailabilityZone ?? "",
    instanceType: host.HostProperties?.InstanceType,
    instanceFamily: host.HostProperties?.InstanceFamily,
    ...tagOutputs(host.Tags, asked.tags),
  };
}

function settings({ autoPlacement, hostRecovery }: Inputs) {
  return { AutoPlacement: autoPlacement, HostRecovery: hostRecovery };
}

function capacity({ instanceFamily, instanceType }: Inputs) {
  return {
    ...(instanceFamily ? { InstanceFamily: instanceFamily } : {}),
    ...(instanceType ? { InstanceType: instanceType } : {}),
  };
}

/** The entries of the second that are not so in the first. */
function changed<T extends object>(before: Partial<T>, after: T): Partial<T> {
  const entries = Object.entries(after).filter(([key, value]) => before[key as keyof T] !== value);
  return Object.fromEntries(entries) as Partial<T>;
}

/** Reports refused hosts in the vendor's form. */
function refuse(doing: string, items: readonly UnsuccessfulItem[]): void {
  if (items.length === 0) return;
  const lines = items.map(({ ResourceId, Error: why }) => `\t* ${ResourceId}: ${why?.Code}: ${why?.Message}`);
  throw new Error(`${doing}: ${items.length} error occurred:\n${lines.join("\n")}`);
}
