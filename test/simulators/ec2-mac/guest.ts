import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AllocateHostsCommand,
  CreateLaunchTemplateCommand,
  CreateReplaceRootVolumeTaskCommand,
  EC2Client,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { renderUserData } from "../../../components/ec2-mac/user-data.ts";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import type { Guests, GuestsOptions } from "../../../simulators/ec2-mac/guest/guests.ts";
import { findNamespaces } from "../../../simulators/ec2-mac/guest/namespaces.ts";
import { until } from "../../support/until.ts";
import { startTestAws, type TestAws } from "./aws.ts";

const found = findNamespaces();
/** For a test that needs simulated Macs: why it cannot be run here, or false. */
export const skip = found.ok ? (found.isRoot ? false : "needs root, for the users of a Mac") : found.reason;

/** A simulated AWS whose Macs really boot, and a clock that stands still until a test moves it. */
export interface MacWorld {
  aws: TestAws;
  ec2: EC2Client;
  guests: Guests;
  folder: string;
  /** Launches a Mac and waits until it is up. @returns the instance's id */
  launch(name: string, userData?: string): Promise<string>;
  /** What a file of a Mac says; undefined when there is none. */
  read(instanceId: string, path: string): string | undefined;
  /** The state of an instance, for instance `running`. */
  stateOf(instanceId: string): Promise<string>;
  /** Lets a minute after the other pass, until it is so: a daemon with an interval leaves out what it has no time for. */
  passMinutes(isSo: () => boolean | Promise<boolean>): Promise<void>;
  replaceRootVolume(instanceId: string): Promise<void>;
  terminate(instanceId: string): Promise<void>;
  close(): Promise<void>;
}

/** The user data of a fleet's Mac as it is rendered, with a deadline of 48 h. */
export function fleetUserData(): string {
  const names = {
    fleet: "test",
    pool: "macs",
    region: "us-west-2",
    logGroup: "/macs",
    metricNamespace: "MacRunnerFleet",
  };
  const alarmsAt = { diskUsedPercent: 85, memoryUsedPercent: 90 };
  return renderUserData({ ...names, bootDeadlineHours: 48, heartbeatSeconds: 60, alarmsAt });
}

/** Starts one; close it. */
export async function startMacWorld(options: Partial<GuestsOptions> = {}): Promise<MacWorld> {
  const folder = mkdtempSync(join(tmpdir(), "guests-"));
  const clock = createSimClock({ startsAt: Date.UTC(2026, 0, 1), rate: 0 });
  const aws = await startTestAws({ guests: { folder, ...options }, clock });
  const { guests } = aws;
  if (!guests) throw new Error("no guests");
  const ec2 = new EC2Client({ region: "us-west-2", maxAttempts: 1 });
  await createRole();
  const instances = async () =>
    ((await (await fetch(`${aws.url}/_sim/state`)).json()) as { instances: { instanceId: string; state: string }[] })
      .instances;
  const stateOf = async (id: string) => (await instances()).find((one) => one.instanceId === id)?.state ?? "gone";
  return {
    aws,
    ec2,
    guests,
    folder,
    async launch(name, userData = fleetUserData()) {
      const tags = [
        { Key: "Name", Value: name },
        { Key: "PWPoolReady", Value: "true" },
      ];
      const LaunchTemplateName = `template-${name}`;
      const TagSpecifications = [{ ResourceType: "instance" as const, Tags: tags }];
      const LaunchTemplateData = { ...bootsFrom(userData), TagSpecifications };
      await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
      const order = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1 };
      const { HostIds = [] } = await ec2.send(new AllocateHostsCommand(order));
      const launched = await aws.control("launch", { launchTemplateName: LaunchTemplateName, hostId: HostIds[0] });
      const instanceId = String(launched.instanceId);
      clock.advance(120);
      await until(() => guests.isUp(instanceId));
      return instanceId;
    },
    read(instanceId, path) {
      const file = join(guests.rootOf(instanceId), path);
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    },
    stateOf,
    passMinutes: (isSo) =>
      until(async () => {
        clock.advance(60);
        return isSo();
      }),
    async replaceRootVolume(InstanceId) {
      await ec2.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId, ImageId: "ami-0aaaaaaaaaaaaaaaa" }));
      clock.advance(60);
      await until(() => !guests.isUp(InstanceId));
      clock.advance(600);
      await until(() => guests.isUp(InstanceId));
    },
    async terminate(InstanceId) {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    },
    async close() {
      ec2.destroy();
      await aws.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes the role of the Macs and its instance profile, both with the name `mac`. */
export async function createRole(): Promise<void> {
  const iam = new IAMClient({ region: "us-east-1" });
  await iam.send(new CreateRoleCommand({ RoleName: "mac", AssumeRolePolicyDocument: "{}" }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "mac" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "mac", RoleName: "mac" }));
  iam.destroy();
}

/** What a template must say for its Macs to boot from this user data as the fleet's do. */
export function bootsFrom(userData: string) {
  return {
    ImageId: "ami-0123456789abcdef0",
    InstanceType: "mac2.metal",
    InstanceInitiatedShutdownBehavior: "terminate",
    IamInstanceProfile: { Name: "mac" },
    UserData: Buffer.from(userData).toString("base64"),
    MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
  } as const;
}

/** The processes on this computer that have the Mac's folder for their root. */
export function processesIn(folder: string, instanceId: string): string[] {
  const mark = join(folder, "disks", instanceId, "root").replace(tmpdir(), "");
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(`${mark} / `);
    } catch {
      return false;
    }
  });
}
