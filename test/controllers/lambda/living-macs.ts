import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateLaunchTemplateCommand,
  CreateReplaceRootVolumeTaskCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DeleteScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { renderUserData, type SetUpObject, setUpScriptKey } from "../../../components/ec2-mac/user-data.ts";
import type { LambdaPoolSettings } from "../../../controllers/lambda/settings.ts";
import { parameterPrefix } from "../../../controllers/pool/credentials.ts";
import { renderSetUp, type SetUpArgs } from "../../../host/ec2-mac/set-up.ts";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import type { Guests } from "../../../simulators/ec2-mac/guest/guests.ts";
import { bootsFrom, createRole } from "../../simulators/ec2-mac/guest.ts";
import { until } from "../../support/until.ts";
import { Aws, newImageId, type Shown } from "../pool/world.ts";
import { Cloud } from "./cloud.ts";

const initLog = "/private/var/log/amazon/ec2/ec2-macos-init.log";
const region = "us-west-2";
/** Programs of a Mac wake up within three seconds of real time, see `init/clock.ts`. */
const impatienceMs = 6000;

/** The program of a Mac that ends it, as launchd knows it. */
export type Daemon = "boot-deadline" | "supervisor";

/** A CI system that Macs find by these variables and addresses. */
export interface LivingOptions {
  environment?: Readonly<Record<string, string>>;
  reachable: readonly string[];
}

/** A simulated AWS whose instances are Macs that really boot. Its clock stands still until a test moves it. */
export class LivingAws {
  readonly aws: Aws;
  readonly guests: Guests;
  readonly #folder: string;

  private constructor(aws: Aws, guests: Guests, folder: string) {
    this.aws = aws;
    this.guests = guests;
    this.#folder = folder;
  }

  static async start(options: LivingOptions): Promise<LivingAws> {
    const folder = mkdtempSync(join(tmpdir(), "guests-"));
    const aws = await Aws.start({ guests: { folder, ...options }, clock: createSimClock({ rate: 0 }) });
    const { guests } = aws.server;
    if (!guests) throw new Error("no Macs");
    await createRole();
    return new LivingAws(aws, guests, folder);
  }

  async close(): Promise<void> {
    await this.aws.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A pool of Macs that boot from what the program renders, kept by its function until a test lets it be. */
export class LivingMacs {
  readonly cloud: Cloud;
  readonly #living: LivingAws;

  private constructor(living: LivingAws, cloud: Cloud) {
    this.#living = living;
    this.cloud = cloud;
  }

  /** Declares the pool, with all hosts to be launched at once and a soft life of exactly 24 hours. */
  static async declare(
    living: LivingAws,
    place: LambdaPoolSettings["runner"],
    runner: SetUpArgs["runner"],
    apiToken: string,
    hosts: string[],
  ): Promise<LivingMacs> {
    const cloud = await Cloud.start(living.aws, place, apiToken, { hosts });
    const { fleetId, pool, fleet } = cloud.settings;
    const templateName = `template-${fleetId}`;
    const policy = { ...cloud.settings.policy, staggerSeconds: 0, softLifeSpreadSeconds: 0 };
    cloud.settings = { ...cloud.settings, policy, template: { ...cloud.settings.template, templateName } };
    const script = renderSetUp({
      ...{ fleet, pool, region, rosetta: false, runner },
      parameterPrefix: parameterPrefix(fleetId, pool),
      softLifeSeconds: policy.softLifeSeconds,
      graceSeconds: policy.graceSeconds,
    });
    const userData = renderUserData({
      ...{ fleet, pool, region, logGroup: "/macs", metricNamespace: "MacRunnerFleet" },
      bootDeadlineHours: 48,
      heartbeatSeconds: 60,
      alarmsAt: { diskUsedPercent: 85, memoryUsedPercent: 90 },
      setUp: await upload(fleetId, script),
    });
    const LaunchTemplateData = bootsFrom(userData);
    await living.aws.ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: templateName, LaunchTemplateData }),
    );
    return new LivingMacs(living, cloud);
  }

  /**
   * The function launches and sets up every Mac, until each has a runner and its end is scheduled.
   * @param isRegistered tells whether an instance's runner is there
   * @returns the instances' ids, by their hosts' names
   */
  async begin(isRegistered: (instanceId: string) => boolean): Promise<Record<string, string>> {
    const { cloud } = this;
    const count = cloud.settings.policy.hosts.length;
    const macs = {
      work: async (instances: readonly Shown[]) => {
        for (const { instanceId } of running(instances)) await this.booted(instanceId);
        const { parameters } = await cloud.left();
        for (const { instanceId } of running(instances))
          if (parameters.includes(`${instanceId}/credential`)) await this.#fetches(instanceId, isRegistered);
      },
      beat: () => {},
    };
    const isBegun = async () => {
      const ids = running((await cloud.shown()).instances).map(({ instanceId }) => instanceId);
      const { schedules } = await cloud.left();
      return ids.length === count && ids.every((id) => isRegistered(id) && schedules.includes(id));
    };
    await cloud.until(isBegun, 4, macs);
    const { instances } = await cloud.shown();
    return Object.fromEntries(running(instances).map(({ tags, instanceId }) => [tags.Name ?? "", instanceId]));
  }

  /** The Mac looks for its credential every ten seconds. */
  async #fetches(instanceId: string, isRegistered: (instanceId: string) => boolean): Promise<void> {
    await until(async () => {
      await this.look(instanceId);
      return isRegistered(instanceId);
    });
  }

  /** Moves the clock to this age of an instance, in seconds since its launch or any other moment. */
  async toAge(instanceId: string, seconds: number, since?: number): Promise<void> {
    const { instances } = await this.cloud.shown();
    const launchedAt = (instances.find((one) => one.instanceId === instanceId)?.launchedAt ?? 0) / 1000;
    const { aws } = this.#living;
    aws.server.clock.advance((since ?? launchedAt) + seconds - aws.server.clock.now() / 1000);
  }

  /** The user data of the Mac is through. */
  booted(instanceId: string): Promise<void> {
    return until(() => /Successfully completed module \[UserData\]/.test(this.read(instanceId, initLog) ?? ""));
  }

  read(instanceId: string, path: string): string | undefined {
    const file = join(this.#living.guests.rootOf(instanceId), path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  /** Runs a script as the Mac's root. @throws Error when it fails */
  async run(instanceId: string, script: string): Promise<string> {
    const { exitCode, output } = await this.#living.guests.run(instanceId, script);
    if (exitCode !== 0) throw new Error(`${script}: ${exitCode}\n${output}`);
    return output;
  }

  async stateOf(instanceId: string): Promise<string> {
    const { instances } = await this.cloud.shown();
    return instances.find((one) => one.instanceId === instanceId)?.state ?? "gone";
  }

  /** Ends within so few rounds of what is left on the Mac that it was its moment; `round` is one of the two below. */
  async ends(instanceId: string, round: "look" | "check"): Promise<void> {
    for (let rounds = 1; rounds <= 3 && (await this.stateOf(instanceId)) === "running"; rounds++)
      await this[round](instanceId);
    await until(async () => (await this.stateOf(instanceId)) === "shutting-down");
  }

  /** Lets the supervisor look once more, which takes ten seconds of the clock. */
  async look(instanceId: string): Promise<void> {
    const asleep = "pgrep -P $(pgrep -o -f supervisor.sh) -f 'sleep 10'";
    await this.#round(instanceId, 10, async () => (await this.#living.guests.run(instanceId, asleep)).output.trim());
  }

  /** Lets the boot deadline look once more, which takes a minute of the clock. */
  async check(instanceId: string): Promise<void> {
    const print = "launchctl print system/mac-runner-fleet.boot-deadline";
    await this.#round(instanceId, 60, async () => {
      const { output } = await this.#living.guests.run(instanceId, print);
      return /state = not running/.test(output) ? (/runs = (\d+)/.exec(output)?.[1] ?? "") : "";
    });
  }

  /** Moves the clock on once the program rests, until it rests again or the Mac is down. `rest` differs each time. */
  async #round(instanceId: string, seconds: number, rest: () => Promise<string>): Promise<void> {
    const { guests } = this.#living;
    const resting = async () => (guests.isUp(instanceId) ? rest().catch(() => "") : "down");
    let before = "";
    // Before it rests it may wait a second for the processes of a job to end.
    const pass = this.#passing(1, impatienceMs);
    await until(async () => {
      pass();
      before = await resting();
      return before !== "";
    });
    // One that was about to sleep when the clock moved sleeps on.
    const go = this.#passing(seconds, 0);
    await until(async () => {
      go();
      const now = await resting();
      return now !== "" && (now !== before || now === "down");
    });
  }

  /** Moves the clock on by seconds, at the first call after so many real milliseconds, and again when one was impatient. */
  #passing(seconds: number, afterMs: number): () => void {
    let patience = Date.now() + afterMs;
    return () => {
      if (Date.now() < patience) return;
      this.#living.aws.server.clock.advance(seconds);
      patience = Date.now() + impatienceMs;
    };
  }

  /** Takes a daemon away for good; what it has started stays. */
  async breakDaemon(instanceId: string, name: Daemon): Promise<void> {
    const label = `mac-runner-fleet.${name}`;
    await this.run(instanceId, `launchctl bootout system/${label} && rm /Library/LaunchDaemons/${label}.plist`);
  }

  /** Nobody at AWS ends the instance any more by itself. */
  async breakSchedule(instanceId: string): Promise<void> {
    const scheduler = new SchedulerClient({ region });
    await scheduler.send(new DeleteScheduleCommand({ GroupName: this.cloud.settings.scheduleGroup, Name: instanceId }));
    scheduler.destroy();
  }

  async reboot(instanceId: string): Promise<void> {
    const { guests } = this.#living;
    await guests.reboot(instanceId);
    await until(() => guests.isUp(instanceId));
  }

  /** Gives the Mac a new root volume, and waits for its user data. @returns when AWS says that it was complete, in seconds since 1970 */
  async replaceRootVolume(instanceId: string): Promise<number> {
    const { aws, guests } = this.#living;
    await aws.ec2.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: instanceId, ImageId: newImageId }));
    aws.server.clock.advance(60);
    await until(() => !guests.isUp(instanceId));
    aws.server.clock.advance(600);
    await until(() => guests.isUp(instanceId));
    await this.booted(instanceId);
    const { tasks } = await aws.server.control("state", {});
    const task = (tasks as { instanceId: string; endsAt: number }[]).find((one) => one.instanceId === instanceId);
    return Math.floor((task?.endsAt ?? 0) / 1000);
  }

  /** Ends what is left. */
  async close(): Promise<void> {
    const ids = running((await this.cloud.shown()).instances).map(({ instanceId }) => instanceId);
    if (ids.length > 0) await this.#living.aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    this.cloud.close();
  }
}

function running(instances: readonly Shown[]): Shown[] {
  return instances.filter(({ state }) => state === "running");
}

/** Puts the set-up script where its Macs find it. */
async function upload(fleetId: string, script: string): Promise<SetUpObject> {
  const sha256 = createHash("sha256").update(script).digest("hex");
  const place = { bucket: fleetId, sha256 };
  const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: place.bucket }));
  await s3.send(new PutObjectCommand({ Bucket: place.bucket, Key: setUpScriptKey(sha256), Body: script }));
  s3.destroy();
  return place;
}
