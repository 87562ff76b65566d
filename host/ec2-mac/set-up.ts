import { render, type TemplateValues } from "../render.ts";
import { buildkiteConfig } from "./buildkite-config.ts";
import {
  embedded,
  imdsFunction,
  installFunctions,
  lifeFunctions,
  logFolder,
  patienceSeconds,
  stateFolder,
} from "./parts.ts";

/** What an EC2 Mac needs to know to run jobs. No secrets. */
export interface SetUpArgs {
  fleet: string;
  pool: string;
  /** Such as `us-east-1`. */
  region: string;
  /** Where the Mac finds its credential, `<prefix>/<instance id>/credential`: `/mac-runner-fleet/<fleet's id>/<pool>`. */
  parameterPrefix: string;
  /** Used by an instance without the tag `mac-runner-fleet:soft-life-seconds`. */
  softLifeSeconds: number;
  /** From the end of its soft life a Mac waits this long for its job. */
  graceSeconds: number;
  /** Whether programs for Intel Macs must run. */
  rosetta: boolean;
  runner: BuildkiteRunner | GithubRunner;
}

/** A Buildkite agent, which takes one job after the other. */
export interface BuildkiteRunner {
  ci: "buildkite";
  agentVersion: 3 | 4;
  queue: string;
  /** Such as `xcode=16.4`, besides the queue. */
  tags: string[];
}

/** GitHub's runner, started anew for each job. */
export interface GithubRunner {
  ci: "github";
  /** Such as `2.337.0`. */
  runnerVersion: string;
  /** The SHA-256 of the archive of that version for the pool's kind of processor. */
  archiveSha256: string;
}

/** The user that jobs run as. */
const user = "runner";
const uid = 601;
const home = `/Users/${user}`;
const archive = `${stateFolder}/actions-runner.tar.gz`;
const runnerFolder = `${home}/actions-runner`;
/** Takes away what a job has left. */
const clean = `${stateFolder}/clean.sh`;
const runnerLog = `${logFolder}/runner.log`;

interface RunnerParts extends TemplateValues {
  installRunner: string;
  startText: string;
  supervisorPart: string;
  oneJob: string;
  /** Names in the home folder that jobs find as the one before has left them, with spaces between. */
  kept: string;
}

/**
 * The script that makes an EC2 Mac ready for jobs: user, agent, supervisor. Root runs it, with the bash 3.2 of macOS; it
 * can be repeated. It exits with 1 when a step failed, and then the supervisor is not started.
 * @throws Error when a value cannot be quoted for the shell.
 */
export function renderSetUp(args: SetUpArgs): string {
  const startScript = `${stateFolder}/start-runner.sh`;
  const parts = args.runner.ci === "buildkite" ? buildkite(args.runner, startScript) : github(args.runner, startScript);
  return render(new URL("./set-up.sh.hbs", import.meta.url), {
    fleet: args.fleet,
    pool: args.pool,
    rosetta: args.rosetta ? "yes" : "",
    stateFolder,
    logFolder,
    user,
    uid,
    home,
    install: installFunctions(),
    installRunner: parts.installRunner,
    start: { path: startScript, text: parts.startText },
    clean: { path: clean, text: embedded("clean.sh.hbs", { user, uid, home, kept: parts.kept }) },
    supervisor: supervisor(args, parts),
  });
}

function supervisor(args: SetUpArgs, parts: RunnerParts): TemplateValues {
  const label = "mac-runner-fleet.supervisor";
  const script = `${stateFolder}/supervisor.sh`;
  const scriptText = embedded("supervisor.sh.hbs", {
    region: args.region,
    parameterPrefix: args.parameterPrefix,
    softLifeSeconds: args.softLifeSeconds,
    graceSeconds: args.graceSeconds,
    patienceSeconds,
    oneJob: parts.oneJob,
    stateFolder,
    user,
    runnerLog,
    imds: imdsFunction(),
    life: lifeFunctions(args.region),
    runner: parts.supervisorPart,
  });
  const plistText = embedded("supervisor.plist.hbs", { label, script, logFile: `${logFolder}/supervisor.log` });
  return { label, script, scriptText, plist: `/Library/LaunchDaemons/${label}.plist`, plistText };
}

function buildkite(runner: BuildkiteRunner, startScript: string): RunnerParts {
  const job = `${stateFolder}/job.sh`;
  const config = `${stateFolder}/buildkite-agent.cfg`;
  const configText = buildkiteConfig({
    agentVersion: runner.agentVersion,
    tags: [`queue=${runner.queue}`, ...runner.tags],
    home,
    hooksPath: `${stateFolder}/hooks`,
    bootstrapScript: job,
  });
  return {
    oneJob: "no",
    kept: "builds plugins .buildkite-agent",
    installRunner: embedded("install-buildkite.sh.hbs", {
      version: runner.agentVersion,
      job: { path: job, text: embedded("job.sh.hbs", { user, home, clean, record: `${stateFolder}/state/runner` }) },
      config: { path: config, text: configText },
    }),
    startText: embedded("start-buildkite.sh.hbs", { config }),
    supervisorPart: embedded("runner-buildkite.sh.hbs", { startScript, runnerLog }),
  };
}

function github(runner: GithubRunner, startScript: string): RunnerParts {
  if (!/^\d+\.\d+\.\d+$/.test(runner.runnerVersion)) throw new Error(`${runner.runnerVersion} is no runner version`);
  return {
    oneJob: "yes",
    kept: "",
    installRunner: embedded("install-github.sh.hbs", {
      version: runner.runnerVersion,
      sha256: runner.archiveSha256,
      archive,
    }),
    startText: embedded("start-github.sh.hbs", { user, folder: runnerFolder }),
    supervisorPart: embedded("runner-github.sh.hbs", { user, folder: runnerFolder, archive, startScript, clean }),
  };
}
