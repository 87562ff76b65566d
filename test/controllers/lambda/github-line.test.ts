import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { addJob } from "../../../simulators/github/rules.ts";
import { runnerArchiveSha256 } from "../../../simulators/github/runner/archive.ts";
import { type Github, startGithub } from "../../../simulators/github/server.ts";
import { skip, until } from "../../simulators/ec2-mac/guest.ts";
import { LivingAws, LivingMacs } from "./living-macs.ts";

const hour = 3600;
const minute = 60;
const runnerVersion = "2.337.0";

/** Leaves something wherever a job can: files, a folder that cannot be written to, a process. */
const careless = `id -un
for place in "$HOME" /tmp /private/var/tmp /Users/Shared; do echo leaked >"$place/leaked file"; done
mkdir -p "$HOME/.cache/deep" && echo leaked >"$HOME/.cache/deep/leaked" && chmod 500 "$HOME/.cache/deep"
nohup bash -c 'while read -r _; do :; done </tmp/pipe' >/dev/null 2>&1 &
mkfifo /tmp/pipe; pgrep -u runner -f 'while read' >/dev/null`;

/** Finds what the job before has left. */
const curious = `id -un; whoami
find "$HOME" /private/tmp /private/var/tmp /Users/Shared -name '*leaked*' -o -name pipe
pgrep -u runner -f 'while read' || true`;

describe("a Mac that serves GitHub, from its launch to its end", { skip, timeout: 240_000 }, () => {
  let github: Github;
  let living: LivingAws;
  let macs: LivingMacs;
  let id: string;
  before(async () => {
    github = await startGithub();
    const group = { name: "macs", visibility: "private", repositoryIds: [] } as const;
    github.state.groups.push({ ...group, id: 7, repositoryIds: [], allowsPublicRepositories: false, isDefault: false });
    living = await LivingAws.start({ reachable: [github.url] });
    const labels: [string, ...string[]] = ["self-hosted", "macOS"];
    const place = { ci: "github", owner: "acme", runnerGroup: "macs", labels, url: github.url } as const;
    const runner = { ci: "github", runnerVersion, archiveSha256: runnerArchiveSha256(runnerVersion) } as const;
    macs = await LivingMacs.declare(living, place, runner, github.token, ["octo"]);
    ({ octo: id = "" } = await macs.begin((instanceId) => connected(instanceId) !== undefined));
  });
  after(async () => {
    await macs?.close();
    await living?.close();
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

  test("runs each job as the runner user with a credential of its own, and clean of the one before", async () => {
    const first = await ready();
    match(first, new RegExp(`^octo-${id}-\\d+$`));
    equal(await done(careless), "runner\n");
    await macs.cloud.look();
    const second = await ready();
    ok(second !== first, "the next job gets the next runner");
    equal(await done(curious), "runner\nrunner\n");
    deepEqual(await macs.run(id, "ls -A /Users/runner | grep -v actions-runner"), "Library\n");
  });

  test("is told to go once its time is over, but not while it has a job, and then ends", async () => {
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
    await macs.look(id);
    await macs.ends(id);
  });
});
