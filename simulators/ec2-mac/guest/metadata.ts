import { ACCOUNT_ID } from "../context.ts";
import { imageOf } from "../rules.ts";
import type { SimInstance } from "../state.ts";
import type { AwsCommands } from "./aws.ts";
import type { World } from "./guests.ts";
import type { Answer } from "./messages.ts";

/** What the metadata service answers at a path, for whoever showed a token. */
export async function metadata(instance: SimInstance, world: World, aws: AwsCommands, path: string): Promise<Answer> {
  const text = await find(instance, world, aws, path.replace(/^\/latest\//, "").replace(/\/$/, ""));
  if (text === undefined) return { status: 404, output: "" };
  return { status: 200, output: Buffer.from(text).toString("base64") };
}

async function find(instance: SimInstance, world: World, aws: AwsCommands, path: string) {
  const { state, clock } = world;
  const zone = state.hosts.find(({ hostId }) => hostId === instance.hostId)?.zone ?? `${instance.region}a`;
  const imageId = imageOf(state, instance, clock.now());
  if (path === "user-data") return instance.userData && Buffer.from(instance.userData, "base64");
  if (path === "dynamic/instance-identity/document") return identityDocument(instance, zone, imageId);
  if (!path.startsWith("meta-data/")) return undefined;
  const name = path.slice("meta-data/".length);
  if (name.startsWith("tags/instance")) return tag(instance, name.slice("tags/instance".length + 1));
  if (name.startsWith("iam/security-credentials")) {
    return credentials(instance, aws, name.slice("iam/security-credentials".length + 1));
  }
  const plain: Record<string, string> = {
    "ami-id": imageId,
    "instance-id": instance.instanceId,
    "instance-type": instance.instanceType,
    "local-ipv4": instance.privateIp,
    "placement/availability-zone": zone,
    "placement/host-id": instance.hostId,
    "placement/region": instance.region,
  };
  return plain[name];
}

/** Tags are there only when the launch asked for them. */
function tag(instance: SimInstance, key: string): string | undefined {
  if (instance.metadataOptions.instanceMetadataTags !== "enabled") return undefined;
  return key === "" ? Object.keys(instance.tags).join("\n") : instance.tags[key];
}

async function credentials(instance: SimInstance, aws: AwsCommands, role: string): Promise<string | undefined> {
  const name = await aws.roleOf(instance);
  if (!name || role === "") return name;
  if (name !== role) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = await aws.credentialsOf(instance);
  return JSON.stringify({
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
  });
}

/** Laid out as AWS does, a key on each line. */
function identityDocument(instance: SimInstance, zone: string, imageId: string): string {
  const document = {
    accountId: ACCOUNT_ID,
    architecture: instance.instanceType.startsWith("mac1.") ? "x86_64_mac" : "arm64_mac",
    availabilityZone: zone,
    imageId,
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    pendingTime: `${new Date(instance.launchedAt).toISOString().slice(0, 19)}Z`,
    privateIp: instance.privateIp,
    region: instance.region,
    version: "2017-09-30",
  };
  return JSON.stringify(document, undefined, 2).replace(/": /g, '" : ');
}
