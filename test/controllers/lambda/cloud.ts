import { equal } from "node:assert/strict";
import { ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateScheduleGroupCommand, GetScheduleCommand, ListSchedulesCommand } from "@aws-sdk/client-scheduler";
import { CreateTopicCommand } from "@aws-sdk/client-sns";
import { DescribeParametersCommand, ListTagsForResourceCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { type AwsClients, awsClients } from "../../../controllers/lambda/clients.ts";
import { lookOnce } from "../../../controllers/lambda/pool.ts";
import type { LambdaPoolSettings, SweeperSettings } from "../../../controllers/lambda/settings.ts";
import { isHeld, type Looked } from "../../../controllers/pool/look.ts";
import type { StandingPolicy } from "../../../controllers/pool/pool.ts";
import { poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { fleetMarkTag } from "../../../model/names.ts";
import { createTable } from "../pool/table.ts";
import { type Aws, type Shown, standing, templateName } from "../pool/world.ts";

/** What runs on the Macs, played by a test. */
export interface Macs {
  /** What they do between two looks. */
  work(instances: readonly Shown[]): Promise<void>;
  /** They say that they are there, just before a look. */
  beat(): void;
}

/** A log that nobody reads. */
export const quiet = () => undefined;

const region = "us-west-2";
let count = 0;

/** A pool whose controller and sweeper are functions, in a simulated AWS with all that the program declares for them. */
export class Cloud {
  readonly aws: Aws;
  settings: LambdaPoolSettings & SweeperSettings;
  /** What the functions use; the test's own calls are not among them. */
  readonly clients: AwsClients;
  readonly #own = awsClients(region);

  private constructor(aws: Aws, settings: LambdaPoolSettings, clients: AwsClients) {
    this.aws = aws;
    this.settings = settings;
    this.clients = clients;
  }

  static async start(
    aws: Aws,
    runner: LambdaPoolSettings["runner"],
    apiToken: string | undefined,
    { hosts = ["mac-1"], clients = awsClients(region) }: { hosts?: string[]; clients?: AwsClients } = {},
  ): Promise<Cloud> {
    count += 1;
    const fleetId = `cloud-${count}`;
    const { imageId: _, ...rest } = standing;
    const declared = hosts.map((name) => ({ name, zone: "us-west-2a" }));
    const policy: StandingPolicy = { ...rest, mark: poolMark(fleetId, "macs"), hosts: declared, seed: count };
    const cloud = new Cloud(aws, settingsFor(fleetId, policy, runner), clients);
    await cloud.#declare(apiToken);
    return cloud;
  }

  async #declare(apiToken: string | undefined): Promise<void> {
    const { ssm, scheduler, sns, dynamo } = this.#own;
    const { apiTokenParameter: Name, scheduleGroup, table } = this.settings;
    if (apiToken) await ssm.send(new PutParameterCommand({ Name, Value: apiToken, Type: "SecureString" }));
    await scheduler.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }));
    await createTable(dynamo, table);
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: this.settings.fleetId }));
    this.settings = { ...this.settings, ...(TopicArn && { topicArn: TopicArn }) };
  }

  readonly clock = {
    now: () => this.aws.now(),
    until: async () => undefined,
  };

  /** One call of the pool's function. */
  async look(): Promise<Looked> {
    const { clock } = this;
    const { signal } = new AbortController();
    const answer = await lookOnce(this.settings, this.clients, { holder: "a test", clock, signal, log: quiet });
    if (isHeld(answer)) throw new Error(`held by ${answer.heldBy}`);
    return answer;
  }

  /** Calls the function whenever the decision says to, with what Macs do in between. @throws Error when it is not so in time */
  async until(isSo: () => Promise<boolean>, withinHours: number, macs?: Macs): Promise<void> {
    const end = this.aws.now() + withinHours * 3600;
    const told: string[] = [];
    for (;;) {
      const { decision } = await this.look();
      told.push(...decision.actions.map(({ kind, reason }) => `${kind}: ${reason}`));
      await macs?.work((await this.shown()).instances);
      if (await isSo()) return;
      if (this.aws.now() > end) throw new Error(`not so after ${withinHours} h\n${told.join("\n")}`);
      this.aws.server.clock.advance(Math.max(60, decision.lookAgainAt - this.aws.now()));
      macs?.beat();
    }
  }

  /** This fleet's hosts and instances, released and ended ones too. */
  async shown(): Promise<{ hosts: Shown[]; instances: Shown[] }> {
    const { hosts, instances } = await this.aws.server.control("state", {});
    const own = (things: unknown) =>
      (things as Shown[]).filter(({ tags }) => tags[fleetMarkTag] === this.settings.fleetId);
    return { hosts: own(hosts), instances: own(instances) };
  }

  /** For which moment an instance's end is scheduled. */
  async endOf(instanceId: string): Promise<number> {
    const where = { GroupName: this.settings.scheduleGroup, Name: instanceId };
    const { ScheduleExpression = "", Target } = await this.#own.scheduler.send(new GetScheduleCommand(where));
    equal(Target?.Input, JSON.stringify({ InstanceIds: [instanceId] }));
    return Date.parse(`${/^at\((.*)\)$/.exec(ScheduleExpression)?.[1]}Z`) / 1000;
  }

  /** The tags of an instance's credential. */
  async credentialTags(instanceId: string): Promise<Record<string, string | undefined>> {
    const ResourceId = `/mac-runner-fleet/${this.settings.fleetId}/macs/${instanceId}/credential`;
    const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId });
    const { TagList = [] } = await this.#own.ssm.send(command);
    return Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value]));
  }

  /** Puts down a credential like one of a look that was cut short before it could say so. */
  async leaveCredential(instanceId: string): Promise<void> {
    const { fleetId, instanceRoleId, policy } = this.settings;
    const Name = `/mac-runner-fleet/${fleetId}/macs/${instanceId}/credential`;
    const tags = { ...policy.mark, "mac-runner-fleet:reader": `${instanceRoleId}:${instanceId}` };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.#own.ssm.send(new PutParameterCommand({ Name, Value: "old", Type: "SecureString", Tags }));
  }

  /** The names of the metrics that have been put. */
  async metricNames(): Promise<string[]> {
    const { Metrics = [] } = await this.#own.cloudwatch.send(new ListMetricsCommand({ Namespace: "MacRunnerFleet" }));
    return [...new Set(Metrics.flatMap(({ MetricName = "" }) => MetricName))];
  }

  /** Names of the parameters and schedules that are there for instances. */
  async left(): Promise<{ parameters: string[]; schedules: string[] }> {
    const { Parameters = [] } = await this.#own.ssm.send(new DescribeParametersCommand({}));
    const { Schedules = [] } = await this.#own.scheduler.send(
      new ListSchedulesCommand({ GroupName: this.settings.scheduleGroup }),
    );
    const prefix = `/mac-runner-fleet/${this.settings.fleetId}/macs/`;
    return {
      parameters: Parameters.flatMap(({ Name = "" }) => (Name.startsWith(prefix) ? [Name.slice(prefix.length)] : [])),
      schedules: Schedules.flatMap(({ Name = "" }) => Name),
    };
  }

  close(): void {
    for (const clients of [this.clients, this.#own]) for (const client of Object.values(clients)) client.destroy();
  }
}

function settingsFor(
  fleetId: string,
  policy: StandingPolicy,
  runner: LambdaPoolSettings["runner"],
): LambdaPoolSettings {
  return {
    poolId: `${fleetId}/macs`,
    pool: "macs",
    fleetId,
    fleet: "cloud-test",
    region,
    policy,
    template: { templateName, tags: { automation: "true" }, subnets: {} },
    table: `pools-${fleetId}`,
    scheduleGroup: `${fleetId}-macs`,
    schedulerRoleArn: "arn:aws:iam::123456789012:role/ends",
    instanceRoleId: "AROAEXAMPLEROLEID0000",
    runner,
    apiTokenParameter: `/token/${fleetId}`,
    metricNamespace: "MacRunnerFleet",
  };
}
