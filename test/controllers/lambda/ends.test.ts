import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import { sweepOnce } from "../../../controllers/lambda/sweeper.ts";
import type { SetUpArgs } from "../../../host/ec2-mac/set-up.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import type { JobState } from "../../../simulators/buildkite/state.ts";
import { skip } from "../../simulators/ec2-mac/guest.ts";
import { bounded } from "../../support/bounded.ts";
import { until } from "../../support/until.ts";
import { quiet } from "./cloud.ts";
import { LivingAws, LivingMacs } from "./living-macs.ts";

const hour = 3600;
const minute = 60;

describe("each of the four ends of a Mac, with the three others and the controller gone", {
  skip,
  timeout: 300_000,
}, () => {
  let buildkite: Buildkite;
  let living: LivingAws;
  before(async () => {
    buildkite = await startBuildkite({ pingIntervalSeconds: 1 });
    const { agentApiUrl } = buildkite;
    living = await LivingAws.start({
      environment: { BUILDKITE_AGENT_ENDPOINT: agentApiUrl },
      reachable: [agentApiUrl],
    });
  });
  after(async () => {
    await living?.close();
    await buildkite?.close();
  });

  const agentOn = (instanceId: string) =>
    buildkite.state.agents.find(({ name, connection }) => name.endsWith(instanceId) && connection === "connected");

  /** Macs that the controller has launched and set up, each with its agent. From then on it does nothing. */
  async function begun(hosts: string[]): Promise<{ macs: LivingMacs; ids: Record<string, string> }> {
    const { organization, clusterId: cluster } = buildkite.state;
    const queue = hosts.join("-");
    const place = { ci: "buildkite", organization, cluster, queue, url: buildkite.restUrl } as const;
    const runner: SetUpArgs["runner"] = { ci: "buildkite", agentVersion: 3, queue, tags: [] };
    const macs = await LivingMacs.declare(living, place, runner, buildkite.apiToken, hosts);
    return { macs, ids: await macs.begin((instanceId) => agentOn(instanceId) !== undefined) };
  }

  const ends: Record<string, () => Promise<void>> = {
    "the sweeper ends what is three days old, and tells of what a person keeps": async () => {
      const { macs, ids } = await begun(["swept", "kept"]);
      for (const id of Object.values(ids)) {
        for (const daemon of ["supervisor", "boot-deadline"] as const) await macs.breakDaemon(id, daemon);
        await macs.breakSchedule(id);
      }
      const { swept = "", kept = "" } = ids;
      await living.aws.ec2.send(
        new CreateTagsCommand({ Resources: [kept], Tags: [{ Key: "persistent", Value: "true" }] }),
      );
      const { cloud } = macs;
      const run = { clock: cloud.clock, signal: new AbortController().signal, log: quiet };
      const sweep = async () => {
        const { end, persistent } = await sweepOnce(cloud.settings, cloud.clients, run);
        return [end, persistent].map((list) => list.map(({ name }) => name));
      };
      await macs.toAge(swept, 72 * hour - minute);
      deepEqual(await sweep(), [[], []]);
      ok(agentOn(swept), "its agent is still there");
      await macs.toAge(swept, 72 * hour + minute);
      deepEqual(await sweep(), [["swept"], ["kept"]]);
      deepEqual([await macs.stateOf(swept), await macs.stateOf(kept)], ["shutting-down", "running"]);
      await macs.close();
    },

    "the boot deadline ends it two days after its life began, whatever boots and root volumes come between":
      async () => {
        const { macs, ids } = await begun(["deadline"]);
        const { deadline: id = "" } = ids;
        await macs.breakSchedule(id);
        await macs.breakDaemon(id, "supervisor");
        await macs.toAge(id, 24 * hour);
        await macs.reboot(id);
        await macs.toAge(id, 47 * hour);
        await macs.check(id);
        equal(await macs.stateOf(id), "running");
        const began = await macs.replaceRootVolume(id);
        await macs.breakDaemon(id, "supervisor");
        await macs.toAge(id, 49 * hour);
        await macs.reboot(id);
        await macs.check(id);
        await macs.toAge(id, 48 * hour - 5 * minute, began);
        await macs.check(id);
        equal(await macs.stateOf(id), "running");
        await macs.toAge(id, 48 * hour, began);
        await macs.ends(id, "check");
        await macs.close();
      },

    "the supervisor ends it: its runner is gone, or its time is over and no job runs, or in any case two hours later":
      async () => {
        const { macs, ids } = await begun(["gone", "done", "stuck"]);
        for (const id of Object.values(ids)) {
          await macs.breakSchedule(id);
          await macs.breakDaemon(id, "boot-deadline");
        }
        const own = (job: JobState) => buildkite.state.agents.find(({ id }) => id === job.agentId)?.name ?? "";
        const jobs = ["first", "second"].map((label) => {
          const command = "mkfifo /Users/runner/hold && read -r _ </Users/runner/hold";
          return addJob(buildkite.state, { queue: "gone-done-stuck", command, label }, buildkite.clock.now());
        });
        await until(() => jobs.every(({ phase }) => phase === "running"));
        const busy = jobs.map((job) => Object.values(ids).find((id) => own(job).endsWith(id)) ?? "");
        const [done = "", stuck = ""] = busy;
        const gone = Object.values(ids).find((id) => !busy.includes(id)) ?? "";

        await macs.run(gone, "pkill -KILL -f 'agent/main.ts start'");
        await macs.ends(gone, "look");

        const told = (id: string) =>
          /may finish its job/.test(macs.read(id, "/private/var/log/mac-runner-fleet/supervisor.log") ?? "");
        const lookAll = async () => {
          for (const id of busy) await macs.look(id);
        };
        await macs.toAge(done, 24 * hour - 5 * minute);
        await lookAll();
        deepEqual(busy.map(told), [false, false]);
        await macs.toAge(done, 24 * hour + minute);
        await lookAll();
        deepEqual(busy.map(told), [true, true]);
        deepEqual(await Promise.all(busy.map((id) => macs.stateOf(id))), ["running", "running"]);

        await macs.run(done, "echo >/Users/runner/hold");
        await until(() => jobs[0]?.phase === "finished");
        equal(jobs[0]?.exitStatus, 0, "its last job was not harmed");
        await until(() => agentOn(done) === undefined);
        await macs.ends(done, "look");

        await macs.toAge(stuck, 26 * hour - 5 * minute);
        await macs.look(stuck);
        equal(await macs.stateOf(stuck), "running");
        await macs.toAge(stuck, 26 * hour + minute);
        await macs.ends(stuck, "look");
        await macs.close();
      },

    "the schedule at AWS ends it two hours after its hard limit": async () => {
      const { macs, ids } = await begun(["scheduled"]);
      const { scheduled: id = "" } = ids;
      for (const daemon of ["supervisor", "boot-deadline"] as const) await macs.breakDaemon(id, daemon);
      await macs.toAge(id, 50 * hour - minute);
      equal(await macs.stateOf(id), "running");
      ok(living.guests.isUp(id));
      await macs.toAge(id, 50 * hour + minute);
      equal(await macs.stateOf(id), "shutting-down");
      await until(() => !living.guests.isUp(id));
      await macs.close();
    },
  };

  for (const [what, itEnds] of bounded(Object.entries(ends), 2)) test(what, itEnds);
});
