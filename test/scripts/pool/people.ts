import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateScheduleGroupCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { Command } from "commander";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { openSqliteStore } from "../../../controllers/pool/sqlite-store.ts";
import type { PoolStore } from "../../../controllers/pool/store.ts";
import { allocateHosts } from "../../../drivers/ec2/hosts.ts";
import { runOnHost } from "../../../drivers/ec2/instances.ts";
import { poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { trustPolicy } from "../../../model/plan/ec2-mac-permissions.ts";
import { addFleetCommands } from "../../../scripts/program.ts";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { type Github, startGithub } from "../../../simulators/github/server.ts";
import { createTable } from "../../controllers/pool/table.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

const region = "us-west-2";
const cluster = "0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52";

/** How a stack of the tests is: one pool `macs`, whose hosts are `mac-1` and so on. */
export interface StackAbout {
  /** Who keeps the pool, and so where its store is. */
  controller?: "aws" | "none";
  ci?: "buildkite" | "github";
  hosts?: number;
  /** False: as it was before `pulumi up` made the table. */
  hasTable?: boolean;
}

/** What a command said and how it ended. */
export interface Answer {
  out: string;
  err: string;
  exitCode: number | undefined;
}

/** The world around a person's commands: AWS, both CI systems, and a folder with stacks. All are simulated. */
export class People {
  readonly folder = mkdtempSync(join(tmpdir(), "people-"));
  readonly aws: TestAws;
  readonly buildkite: Buildkite;
  readonly github: Github;
  readonly ec2 = new EC2Client({ region });
  #count = 0;

  private constructor(aws: TestAws, buildkite: Buildkite, github: Github) {
    this.aws = aws;
    this.buildkite = buildkite;
    this.github = github;
    this.#writeSurroundings();
  }

  static async start(): Promise<People> {
    const aws = await startTestAws({ hostQuota: 100 });
    const { clock } = aws;
    const buildkite = await startBuildkite({ clock, organization: "example-org", clusterId: cluster });
    const github = await startGithub({ clock, organization: "example-org" });
    const group = { name: "macs", visibility: "private", repositoryIds: [] } as const;
    github.state.groups.push({ ...group, id: 7, repositoryIds: [], allowsPublicRepositories: false, isDefault: false });
    return new People(aws, buildkite, github);
  }

  /** A stack as `pulumi up` leaves it, without any host. */
  async stack(about: StackAbout = {}): Promise<PeopleStack> {
    this.#count += 1;
    const name = `s${this.#count}`;
    const stack = new PeopleStack(this, name, about);
    writeFileSync(join(this.folder, `Pulumi.${name}.yaml`), settingsOf(about));
    writeFileSync(join(this.folder, `outputs-${name}`), JSON.stringify({ fleetId: stack.fleetId }));
    const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0", InstanceType: "mac2.metal" } as const;
    const template = { LaunchTemplateName: stack.awsName, LaunchTemplateData };
    await this.ec2.send(new CreateLaunchTemplateCommand(template));
    await stack.declareEnds();
    if (about.controller === "aws" && about.hasTable !== false) {
      const dynamo = new DynamoDBClient({ region });
      await createTable(dynamo, stack.awsName);
      dynamo.destroy();
    }
    return stack;
  }

  async close(): Promise<void> {
    this.ec2.destroy();
    await this.buildkite.close();
    await this.github.close();
    await this.aws.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The commands find a `pulumi` that knows the stacks' outputs, and both CI systems. */
  #writeSurroundings(): void {
    const { folder, buildkite, github } = this;
    writeProgram(folder, "pulumi", pulumiScript(folder));
    // Other programs' processes on this computer are none of a test's business.
    writeProgram(folder, "ps", `case "$1" in -axo) ;; *) PATH='${process.env.PATH}' exec ps "$@" ;; esac`);
    const surroundings = {
      PATH: `${folder}:${process.env.PATH}`,
      BUILDKITE_API_URL: buildkite.restUrl,
      BUILDKITE_API_TOKEN: buildkite.apiToken,
      GITHUB_API_URL: github.url,
      GITHUB_TOKEN: github.token,
    };
    const lines = Object.entries(surroundings).map(([variable, value]) => `${variable}='${value}'`);
    writeFileSync(join(folder, "environment"), lines.join("\n"));
  }
}

/** Puts a program on the PATH of the commands. */
export function writeProgram(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

/** A `pulumi` that reads its answers from files of the stack, and is locked while there is one that says by whom. */
function pulumiScript(folder: string): string {
  return `
stack=$(echo "$*" | sed -n "s/.*--stack \\([^ ]*\\).*/\\1/p")
answer() { cat "${folder}/$1-$stack" 2>/dev/null || echo '{}'; }
case "$1 $2" in
  "stack output") answer outputs ;;
  "stack export") answer state ;;
  "config --json") echo '{"aws:region": {"value": "${region}"}}' ;;
  "whoami --verbose") echo '{"url": "file://${folder}/state"}' ;;
  "preview --json") answer planned ;;
  "import --file") cp "$3" "${folder}/imported-$stack" && rm "${folder}/planned-$stack" ;;
  "refresh --yes") if [ -f "${folder}/lock-$stack" ]; then cat "${folder}/lock-$stack" >&2; exit 255; fi ;;
  "cancel --yes") rm -f "${folder}/lock-$3" ;;
  *) echo "an unexpected call: $*" >&2; exit 1 ;;
esac`;
}

/** One stack, and what a person types about it. */
export class PeopleStack {
  readonly people: People;
  readonly name: string;
  readonly fleetId: string;
  readonly poolId: string;
  readonly mark: Readonly<Record<string, string>>;
  /** The name of its launch template, table and role. */
  readonly awsName: string;
  readonly #about: StackAbout;

  constructor(people: People, name: string, about: StackAbout) {
    this.people = people;
    this.name = name;
    this.fleetId = `mobile-${name}-0badcafe`;
    this.poolId = `${this.fleetId}/macs`;
    this.mark = poolMark(this.fleetId, "macs");
    this.awsName = `mobile-${name}-macs`;
    this.#about = about;
  }

  /** Types a command as a person does, `pool status` for instance. */
  async type(command: string): Promise<Answer> {
    // No person is so quick that two entries of the timeline are of one second; in a table those have no order.
    this.people.aws.clock.advance(5);
    const log = test.mock.method(console, "log", () => {});
    const error = test.mock.method(console, "error", () => {});
    const answer: Answer = { out: "", err: "", exitCode: undefined };
    const program = new Command("fleet").exitOverride().configureOutput({
      writeErr: (text) => {
        answer.err += text;
      },
    });
    addFleetCommands(program, new AbortController().signal, (exitCode) => {
      answer.exitCode = exitCode;
    });
    try {
      // What comes after `--` is for another program.
      const [own = "", ...others] = command.split(/ (?=-- )/);
      const words = [own, `--stack ${this.name} -C ${this.people.folder}`, ...others].join(" ").split(/\s+/);
      await program.parseAsync(words, { from: "user" });
    } catch (mistake) {
      answer.exitCode = (mistake as { exitCode?: number }).exitCode;
    } finally {
      answer.out += printedBy(log);
      answer.err += printedBy(error);
      log.mock.restore();
      error.mock.restore();
    }
    return answer;
  }

  /** A host that `pulumi up` has allocated. @returns its id */
  async allocate(hostName: string): Promise<string> {
    const tags = { ...this.mark, Name: hostName, PWPoolReady: "true" };
    const order = { zone: `${region}a`, instanceType: "mac2.metal", quantity: 1, tags };
    const [hostId = ""] = await allocateHosts(this.people.ec2, { ...order, clientToken: `${this.name}-${hostName}` });
    return hostId;
  }

  /** A Mac on a host. @returns its id */
  async launch(hostId: string, hostName: string): Promise<string> {
    const tags = { ...this.mark, Name: hostName, PWPoolReady: "true" };
    const order = { hostId, launchTemplateName: this.awsName, clientToken: hostId, tags };
    return (await runOnHost(this.people.ec2, order)).instanceId;
  }

  /** The role of its instances. @returns its unique id */
  makeRole(): Promise<string | undefined> {
    return createRole(this.awsName, "{}");
  }

  /** The group of its instances' scheduled ends, and the role by which those end them. */
  async declareEnds(): Promise<void> {
    const scheduler = new SchedulerClient({ region });
    await scheduler.send(new CreateScheduleGroupCommand({ Name: this.awsName }));
    scheduler.destroy();
    await createRole(`${this.awsName}-end`, trustPolicy("scheduler"));
  }

  /** Where the pool's controller writes. Close it after use. */
  openStore(): PoolStore {
    const now = () => Math.floor(Date.now() / 1000);
    if (this.#about.controller === "aws") return openDynamoStore(new DynamoDBClient({ region }), this.awsName, now);
    mkdirSync(join(this.people.folder, ".local"), { recursive: true });
    return openSqliteStore(join(this.people.folder, ".local", `pools-${this.name}.sqlite`), now);
  }
}

async function createRole(RoleName: string, AssumeRolePolicyDocument: string): Promise<string | undefined> {
  const iam = new IAMClient({ region });
  try {
    return (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))).Role?.RoleId;
  } finally {
    iam.destroy();
  }
}

function printedBy(log: ReturnType<typeof test.mock.method>): string {
  return log.mock.calls.map((call) => String(call.arguments[0])).join("\n");
}

const runners = {
  buildkite: `name: ci, ci: buildkite, organization: example-org, queue: macs, cluster: ${cluster}`,
  github: `name: ci, ci: github, owner: example-org, runnerGroup: macs, runnerVersion: 2.330.0, runnerArchiveSha256: "${"a".repeat(64)}"`,
};

function settingsOf({ controller = "none", ci = "buildkite", hosts = 1 }: StackAbout): string {
  return `
config:
  mac-runner-fleet:fleet: { name: mobile }
  mac-runner-fleet:runners: [{ ${runners[ci]} }]
  mac-runner-fleet:images: [{ name: sequoia, kind: ec2-mac, macos: 15, ssmParameter: /aws/image }]
  mac-runner-fleet:pools:
    - name: macs
      kind: ec2-mac
      runner: ci
      image: sequoia
      region: ${region}
      zones: [${region}a]
      instanceType: mac2.metal
      hosts: ${hosts}
      hostNamePrefix: mac
      controller: ${controller}
`;
}
