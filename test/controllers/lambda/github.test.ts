import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RunnerSighting } from "../../../model/ec2-mac/types.ts";
import { addJob } from "../../../simulators/github/rules.ts";
import { type Github, startGithub } from "../../../simulators/github/server.ts";
import { Aws } from "../pool/world.ts";
import { Cloud } from "./cloud.ts";
import { GithubMacs } from "./github-macs.ts";

let aws: Aws;
let github: Github;
before(async () => {
  aws = await Aws.start();
  github = await startGithub({ clock: aws.server.clock });
  const group = { name: "macs", visibility: "private", repositoryIds: [] } as const;
  github.state.groups.push({ ...group, id: 7, repositoryIds: [], allowsPublicRepositories: false, isDefault: false });
});
after(async () => {
  await github.close();
  await aws.close();
});

test("a Mac gets a credential for each job, its jobs are counted, and its life is over after its last", async () => {
  const labels: [string, ...string[]] = ["self-hosted", "macOS"];
  const runner = { ci: "github", owner: "acme", runnerGroup: "macs", labels, url: github.url } as const;
  const cloud = await Cloud.start(aws, { ...runner, labels }, github.token);
  cloud.settings.policy = { ...cloud.settings.policy, maxJobs: 3, minAlive: 0 };
  const macs = new GithubMacs(github, cloud.settings.fleetId, "macs");
  const sighting = async (): Promise<RunnerSighting | undefined> => (await cloud.look()).observed.instances[0]?.runner;
  await cloud.until(async () => github.state.runners.some(({ session }) => session), 8, macs);
  aws.server.clock.advance(120);
  macs.beat();
  equal((await sighting())?.state, "registered");
  const [{ instanceId = "" } = {}] = (await cloud.shown()).instances;
  const done: (number | undefined)[] = [];
  for (let job = 1; job <= 3; job++) {
    deepEqual((await cloud.left()).parameters, [`${instanceId}/credential`], "a spare waits");
    addJob(github.state, { labels: ["macos"] }, github.clock.now());
    for (const _ of ["takes it", "goes on with the spare"]) {
      await macs.work((await cloud.shown()).instances);
      aws.server.clock.advance(120);
      macs.beat();
    }
    const seen = await sighting();
    done.push(seen?.state === "registered" ? seen.jobsFinished : undefined);
  }
  deepEqual(done, [1, 2, 3]);
  equal(github.state.jobs.filter(({ conclusion }) => conclusion === "success").length, 3);
  for (const { name, labels: own, groupId } of github.state.runners) {
    match(name, new RegExp(`^mac-1-${instanceId}-\\d+$`));
    deepEqual([own, groupId], [labels, 7]);
  }
  const { decision } = await cloud.look();
  ok(decision.actions.length > 0);
  await cloud.until(async () => (await cloud.left()).parameters.length === 0, 1, macs);
  deepEqual(github.state.runners, [], "neither the runner nor its spare takes another job");
  macs.close();
  cloud.close();
});
