import { equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { githubJit } from "../../../drivers/github/jit.ts";
import { addJob as addBuildkiteJob } from "../../../simulators/buildkite/rules.ts";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { addJob as addGithubJob } from "../../../simulators/github/rules.ts";
import { runnerArchiveSha256 } from "../../../simulators/github/runner/archive.ts";
import { type Github, startGithub } from "../../../simulators/github/server.ts";
import { until } from "../../support/until.ts";
import { type MacWorld, skip, startMacWorld } from "./guest.ts";

/** What a job must not get at. */
const nosy = "id -un; cat /usr/local/libexec/credential 2>&1 || true";
const seen = "runner\ncat: /usr/local/libexec/credential: Permission denied\n";

describe("runners on a Mac", { skip, timeout: 120_000 }, () => {
  let buildkite: Buildkite;
  let github: Github;
  let world: MacWorld;
  let id: string;
  before(async () => {
    buildkite = await startBuildkite({ pingIntervalSeconds: 1 });
    github = await startGithub();
    const environment = { BUILDKITE_AGENT_ENDPOINT: buildkite.agentApiUrl };
    world = await startMacWorld({ environment, reachable: [buildkite.agentApiUrl, github.url] });
    id = await world.launch(
      "runners",
      `#!/bin/bash
sysadminctl -addUser runner -home /Users/runner; createhomedir -c -u runner
umask 077; echo secret >/usr/local/libexec/credential`,
    );
    await until(() => world.read(id, "/usr/local/libexec/credential") !== undefined);
  });
  after(async () => {
    await world?.close();
    await buildkite?.close();
    await github?.close();
  });

  /** Runs a script on the Mac; fails with what it printed. */
  async function run(script: string): Promise<string> {
    const { exitCode, output } = await world.guests.run(id, `set -e\n${script}`);
    equal(exitCode, 0, output);
    return output;
  }

  for (const major of [3, 4]) {
    test(`Homebrew installs a buildkite-agent ${major}, which runs a job under launchd as its user`, async () => {
      const brew = `/opt/homebrew/bin/brew install buildkite/buildkite/buildkite-agent@${major}`;
      match((await world.guests.run(id, brew)).output, /as root is extremely dangerous/);
      await run(`sudo -u ec2-user ${brew}`);
      match(await run("/opt/homebrew/bin/buildkite-agent --version"), new RegExp(`version ${major}\\.`));
      const queue = `q${major}`;
      const job = addBuildkiteJob(buildkite.state, { queue, command: nosy }, buildkite.clock.now());
      const label = `agent${major}`;
      await run(`cd /Users/runner
printf 'token="%s"\\nqueue="${queue}"\\nbuild-path="/Users/runner/builds"\\n' '${buildkite.agentToken}' >agent.cfg
chown runner agent.cfg; chmod 600 agent.cfg
cat >/Library/LaunchDaemons/${label}.plist <<'END'
<plist version="1.0"><dict><key>Label</key><string>${label}</string><key>UserName</key><string>runner</string>
<key>ProgramArguments</key><array><string>/opt/homebrew/bin/buildkite-agent</string><string>start</string>
<string>--config</string><string>/Users/runner/agent.cfg</string></array><key>RunAtLoad</key><true/></dict></plist>
END
launchctl bootstrap system /Library/LaunchDaemons/${label}.plist`);
      await until(() => job.phase === "finished");
      equal(job.log, seen);
      await run(`pgrep -u runner -f agent/main.ts; launchctl bootout system/${label}`);
    });
  }

  test("the archive of the GitHub runner has a known sum, and its runner takes a job", async () => {
    const url = "https://github.com/actions/runner/releases/download/v2.337.0/actions-runner-osx-arm64-2.337.0.tar.gz";
    const printed = await run(`mkdir /Users/runner/actions && cd /Users/runner/actions
curl -fsSL -o runner.tar.gz ${url} && shasum -a 256 runner.tar.gz && tar xzf runner.tar.gz && chown -R runner .`);
    ok(printed.startsWith(`${runnerArchiveSha256("2.337.0")}  runner.tar.gz\n`), printed);
    const jit = githubJit({ url: github.url, organization: "acme", token: github.token });
    const wanted = { name: "mac-1", groupId: 1, labels: ["macs"] as const };
    const { encodedJitConfig } = await jit.register(wanted, () => false);
    const job = addGithubJob(github.state, { labels: ["macs"], command: nosy }, github.clock.now());
    await run(`sudo -u runner ACTIONS_RUNNER_INPUT_JITCONFIG=${encodedJitConfig} /Users/runner/actions/run.sh`);
    equal(job.log, seen);
  });
});
