import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { addJob as addBuildkiteJob } from "../../../simulators/buildkite/rules.ts";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { addJob } from "../../../simulators/github/rules.ts";
import { runnerArchiveSha256 } from "../../../simulators/github/runner/archive.ts";
import { type Github, startGithub } from "../../../simulators/github/server.ts";
import { skip } from "../../simulators/ec2-mac/guest.ts";
import { until } from "../../support/until.ts";
import { LivingAws, LivingMacs } from "./living-macs.ts";

const hour = 3600;
const minute = 60;
const runnerVersion = "2.337.0";

/** Leaves something wherever a job can: files, a folder that cannot be written to, disk images, a process. */
const careless = `id -un
for place in "$HOME" /tmp /private/var/tmp /Users/Shared; do echo leaked >"$place/leaked file"; done
mkdir -p "$HOME/.cache/deep" && echo leaked >"$HOME/.cache/deep/leaked" && chmod 500 "$HOME/.cache/deep"
for place in "$HOME/mounted leak" "/Volumes/leak"; do
  : >"$HOME/leak.dmg" && hdiutil attach -mountpoint "$place" "$HOME/leak.dmg" >/dev/null
done
nohup bash -c 'while read -r _; do :; done </tmp/pipe' >/dev/null 2>&1 &
mkfifo /tmp/pipe; pgrep -u runner -f '[w]hile read' >/dev/null`;

/** Finds what the job before has left. */
const curious = `id -un; whoami
find "$HOME" /private/tmp /private/var/tmp /Users/Shared -name '*leaked*' -o -name pipe
mount | sed -n '/mounted by/p'
pgrep -u runner -f '[w]hile read' || true`;

describe("jobs on Macs that the controller has set up", { skip, timeout: 240_000 }, () => {
  let buildkite: Buildkite;
  let github: Github;
  let living: LivingAws;
  let macs: LivingMacs;
  let id: string;
  before(async () => {
    github = await startGithub();
    const group = { name: "macs", visibility: "private", repositoryIds: [] } as const;
    github.state.groups.push({ ...group, id: 7, repositoryIds: [], allowsPublicRepositories: false, isDefault: false });
    buildkite = await startBuildkite({ pingIntervalSeconds: 1 });
    const { agentApiUrl } = buildkite;
    const environment = { BUILDKITE_AGENT_ENDPOINT: agentApiUrl };
    living = await LivingAws.start({ environment, reachable: [github.url, agentApiUrl] });
    const labels: [string, ...string[]] = ["self-hosted", "macOS"];
    const place = { ci: "github", owner: "acme", runnerGroup: "macs", labels, url: github.url } as const;
    const runner = { ci: "github", runnerVersion, archiveSha256: runnerArchiveSha256(runnerVersion) } as const;
    macs = await LivingMacs.declare(living, place, runner, github.token, ["octo"]);
    ({ octo: id = "" } = await macs.begin((instanceId) => connected(instanceId) !== undefined));
  });
  after(async () => {
    await macs?.close();
    await living?.close();
    await buildkite?.close();
    await github?.close();
  });

  const connected = (instanceId: string) =>
    github.state.runners.find(({ name, session }) => session && name.includes(instanceId));

  /** A runner of the Mac is there and has no job. */
  async function ready(): Promise<string> {
    await until(async () => {
      if (connected(id)?.jobId === undefined && connected(id)) return true;
      await macs.look(id);
      return false;
    });
    return connected(id)?.name ?? "";
  }

  async function done(command: string): Promise<string> {
    const job = addJob(github.state, { labels: ["macos"], command }, github.clock.now());
    await until(() => job.status === "completed");
    equal(job.conclusion, "success", job.log);
    return job.log;
  }

  test("GitHub: each runs as the runner user by a credential of its own, and finds nothing of the one before", async () => {
    const first = await ready();
    match(first, new RegExp(`^octo-${id}-\\d+$`));
    equal(await done(careless), "runner\n");
    await macs.cloud.look();
    const second = await ready();
    ok(second !== first, "the next job gets the next runner");
    equal(await done(curious), "runner\nrunner\n");
    deepEqual(await macs.run(id, "ls -A /Users/runner | grep -v actions-runner"), "Library\n");
  });

  test("GitHub: the last one is not disturbed when the Mac's time is over, and then the Mac ends", async () => {
    await macs.cloud.look();
    await ready();
    const command = "mkfifo /tmp/hold && read -r _ </tmp/hold";
    const job = addJob(github.state, { labels: ["macos"], command }, github.clock.now());
    await until(() =>
      macs.run(id, "test -p /tmp/hold").then(
        () => true,
        () => false,
      ),
    );
    await macs.toAge(id, 24 * hour + minute);
    for (let look = 1; look <= 2; look++) await macs.look(id);
    equal(job.status, "in_progress");
    equal(await macs.stateOf(id), "running");
    await macs.run(id, "echo >/tmp/hold");
    await until(() => job.status === "completed");
    equal(job.conclusion, "success");
    await until(() => connected(id) === undefined);
    await macs.ends(id, "look");
  });

  test("Buildkite: the next one finds nothing but the builds of the one before", async () => {
    const { organization, clusterId: cluster } = buildkite.state;
    const place = { ci: "buildkite", organization, cluster, queue: "q", url: buildkite.restUrl } as const;
    const runner = { ci: "buildkite" as const, agentVersion: 4 as const, queue: "q", tags: [] };
    const kite = await LivingMacs.declare(living, place, runner, buildkite.apiToken, ["kite"]);
    const agentOf = (instanceId: string) =>
      buildkite.state.agents.find(({ name, connection }) => name.endsWith(instanceId) && connection === "connected");
    const { kite: instanceId = "" } = await kite.begin((one) => agentOf(one) !== undefined);
    const doneBy = async (command: string) => {
      const job = addBuildkiteJob(buildkite.state, { queue: "q", command }, buildkite.clock.now());
      await until(async () => {
        // Cleaning up after a job may wait a second of the Mac's own clock for its processes to end.
        living.aws.server.clock.advance(1);
        return job.phase === "finished";
      });
      equal(job.exitStatus, 0, job.log);
      return job.log;
    };
    equal(
      await doneBy(`${careless}; mkdir -p "$HOME/builds/app" && echo cached >"$HOME/builds/app/object"`),
      "runner\n",
    );
    equal(await doneBy(`${curious}; cat "$HOME/builds/app/object"`), "runner\nrunner\ncached\n");
    ok(agentOf(instanceId), "its agent goes on");
    await kite.close();
  });
});
