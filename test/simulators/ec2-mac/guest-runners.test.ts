import { equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { runnerArchiveSha256 } from "../../../simulators/github/runner/archive.ts";
import { type MacWorld, skip, startMacWorld, until } from "./guest.ts";

describe("runners on a Mac", { skip }, () => {
  let buildkite: Buildkite;
  let world: MacWorld;
  let id: string;
  before(async () => {
    buildkite = await startBuildkite();
    const environment = { BUILDKITE_AGENT_ENDPOINT: buildkite.agentApiUrl };
    world = await startMacWorld({ environment, reachable: [buildkite.agentApiUrl] });
    id = await world.launch(
      "runners",
      "#!/bin/bash\nsysadminctl -addUser runner -home /Users/runner; createhomedir -c -u runner",
    );
    await until(() => world.read(id, "/private/etc/passwd")?.includes("runner") === true);
  });
  after(async () => {
    await world?.close();
    await buildkite?.close();
  });

  for (const major of [3, 4]) {
    test(`Homebrew installs a buildkite-agent ${major}, which registers`, async () => {
      const brew = `/opt/homebrew/bin/brew install buildkite/buildkite/buildkite-agent@${major}`;
      match((await world.guests.run(id, brew)).output, /as root is extremely dangerous/);
      equal((await world.guests.run(id, `sudo -u ec2-user ${brew}`)).exitCode, 0);
      const { output } = await world.guests.run(id, "/opt/homebrew/bin/buildkite-agent --version");
      match(output, new RegExp(`buildkite-agent version ${major}\\.`));
      const start = `token=${buildkite.agentToken}
printf 'token="%s"\\nname="agent-${major}"\\nbuild-path="/Users/runner/builds"\\n' "$token" >/Users/runner/agent.cfg
chown runner /Users/runner/agent.cfg; chmod 600 /Users/runner/agent.cfg
sudo -u runner /opt/homebrew/bin/buildkite-agent start --config /Users/runner/agent.cfg >/var/log/agent 2>&1 &`;
      await world.guests.run(id, start);
      await until(() => buildkite.state.agents.some(({ name }) => name === `agent-${major}`));
      const { output: who } = await world.guests.run(
        id,
        "ps -o user= -p $(pgrep -f [a]gent/main.ts); pkill -f [a]gent/main.ts",
      );
      equal(who, "runner\n");
    });
  }

  test("curl fetches the archive of the GitHub runner, whose sum is known", async () => {
    const url = "https://github.com/actions/runner/releases/download/v2.337.0/actions-runner-osx-arm64-2.337.0.tar.gz";
    const script = `cd /private/tmp && curl -fsSL -o runner.tar.gz ${url} && shasum -a 256 runner.tar.gz && tar xzf runner.tar.gz && ./run.sh`;
    const { output } = await world.guests.run(id, script);
    ok(output.startsWith(`${runnerArchiveSha256("2.337.0")}  runner.tar.gz\n`), output);
    match(output, /Runner is not configured/);
  });
});
