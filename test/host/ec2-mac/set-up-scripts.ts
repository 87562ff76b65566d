import { renderSetUp, type SetUpArgs } from "../../../host/ec2-mac/set-up.ts";

/** Settings of a small pool that serves Buildkite. */
export const buildkiteArgs: SetUpArgs = {
  fleet: "ci-macs",
  pool: "macm1",
  region: "us-east-1",
  parameterPrefix: "/mac-runner-fleet/ci-macs-1f2e3d4c/macm1",
  softLifeSeconds: 86_400,
  graceSeconds: 7200,
  rosetta: true,
  runner: { ci: "buildkite", agentVersion: 3, queue: "macos", tags: ["xcode=16.4"] },
};

/** The same pool, serving GitHub. */
export const githubArgs: SetUpArgs = {
  ...buildkiteArgs,
  rosetta: false,
  runner: { ci: "github", runnerVersion: "2.337.0", archiveSha256: "ab".repeat(32) },
};

/** The text of a file that the set-up script installs. */
export function installedFile(name: string, args: SetUpArgs): string {
  const pattern = new RegExp(`/${name.replaceAll(".", "\\.")}' <<'END_OF_FILE'\n([^]*?\n)END_OF_FILE`);
  const text = pattern.exec(renderSetUp(args))?.[1];
  if (!text) throw new Error(`no ${name} in the set-up script`);
  return text;
}

/** Every template of a script here, and a script made from it. A part of others is checked inside of them. */
export const setUpScripts: Readonly<Record<string, string>> = {
  "host/ec2-mac/imds.sh.hbs": "#!/bin/bash\n",
  "host/ec2-mac/life.sh.hbs": "#!/bin/bash\n",
  "host/ec2-mac/install.sh.hbs": "#!/bin/bash\n",
  "host/ec2-mac/set-up.sh.hbs": renderSetUp(buildkiteArgs),
  "host/ec2-mac/install-buildkite.sh.hbs": renderSetUp({ ...buildkiteArgs, rosetta: false }),
  "host/ec2-mac/install-github.sh.hbs": renderSetUp(githubArgs),
  "host/ec2-mac/supervisor.sh.hbs": installedFile("supervisor.sh", buildkiteArgs),
  "host/ec2-mac/runner-buildkite.sh.hbs": installedFile("supervisor.sh", buildkiteArgs),
  "host/ec2-mac/runner-github.sh.hbs": installedFile("supervisor.sh", githubArgs),
  "host/ec2-mac/start-buildkite.sh.hbs": installedFile("start-runner.sh", buildkiteArgs),
  "host/ec2-mac/start-github.sh.hbs": installedFile("start-runner.sh", githubArgs),
  "host/ec2-mac/job.sh.hbs": installedFile("job.sh", buildkiteArgs),
  "host/ec2-mac/clean.sh.hbs": installedFile("clean.sh", buildkiteArgs),
};
