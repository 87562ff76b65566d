import { basename } from "node:path";
import {
  imdsFunction,
  installFunctions,
  lifeFunctions,
  logFolder,
  patienceSeconds,
  stateFolder,
} from "../../host/ec2-mac/parts.ts";
import { render, type TemplateValues } from "../../host/render.ts";
import { setUpScriptTag } from "../../model/ec2-mac/policy.ts";

/** What the first boot of an EC2 Mac needs to know. No secrets: everything on the Mac can read its user data. */
export interface UserDataArgs {
  fleet: string;
  pool: string;
  /** The region of the metrics and logs, such as `us-east-1`. */
  region: string;
  /** Hours after the launch of the instance when it shuts itself down, whatever it is doing. */
  bootDeadlineHours: number;
  /** The CloudWatch log group for the logs of the set-up and of the daemons. */
  logGroup: string;
  metricNamespace: string;
  /** Seconds between two heartbeats. */
  heartbeatSeconds: number;
  /** From where on the heartbeat's log tells of a full disk or memory. */
  alarmsAt: { diskUsedPercent: number; memoryUsedPercent: number };
  /** What makes the Mac ready for jobs; without it the Mac stays as it has booted. */
  setUp?: SetUpObject;
}

/** The set-up script of a launch, an object in S3 that the instance's role may read. */
export interface SetUpObject {
  bucket: string;
  /** The SHA-256 of the script, in hexadecimal digits; another one is not run. */
  sha256: string;
}

/** Where a set-up script is in its bucket, by its SHA-256. */
export function setUpScriptKey(sha256: string): string {
  return `set-up/${sha256}.sh`;
}

/** A job of launchd that starts at boot and then at an interval. */
interface Daemon extends TemplateValues {
  label: string;
  /** Where its script goes on the Mac. */
  script: string;
  scriptText: string;
  /** Where its property list goes on the Mac. */
  plist: string;
  plistText: string;
}

const initLog = "/var/log/amazon/ec2/ec2-macos-init.log";
const deadlineCheckSeconds = 60;
const heartbeatLimitSeconds = 45;

/**
 * The user data of a Mac, as plain text. It sets a deadline before anything else, then names the Mac, keeps macOS
 * quiet, starts the heartbeat, and at last fetches and runs the set-up script, which registers a runner: the one that the
 * instance's tag names, for a new root volume begins with the user data of the launch, or else that of the launch.
 * EC2 takes at most 16 KB before base64.
 * @throws Error when a value cannot be quoted for the shell.
 */
export function renderUserData(args: UserDataArgs): string {
  return render(template("user-data.sh.hbs"), {
    fleet: args.fleet,
    pool: args.pool,
    stateFolder,
    logFolder,
    region: args.region,
    setUp: args.setUp ? { ...args.setUp } : "",
    setUpScriptTag,
    // The script knows the checksum by this variable.
    setUpKey: setUpScriptKey("$sha256"),
    imds: imdsFunction(),
    install: installFunctions(),
    bootDeadline: bootDeadlineDaemon(args),
    heartbeat: heartbeatDaemon(args),
    logSettings: JSON.stringify(logSettings(args)),
  });
}

function bootDeadlineDaemon(args: UserDataArgs): Daemon {
  const scriptText = embedded("boot-deadline.sh.hbs", {
    bootDeadlineSeconds: args.bootDeadlineHours * 3600,
    patienceSeconds,
    stateFolder,
    imds: imdsFunction(),
    life: lifeFunctions(args.region),
  });
  return daemon("boot-deadline", deadlineCheckSeconds, scriptText);
}

function heartbeatDaemon(args: UserDataArgs): Daemon {
  const dimensions = [
    { Name: "Fleet", Value: args.fleet },
    { Name: "Pool", Value: args.pool },
  ];
  const scriptText = embedded("heartbeat.sh.hbs", {
    heartbeatSeconds: args.heartbeatSeconds,
    timeLimitSeconds: heartbeatLimitSeconds,
    region: args.region,
    metricNamespace: args.metricNamespace,
    ...args.alarmsAt,
    dimensions: JSON.stringify(dimensions),
  });
  return daemon("heartbeat", args.heartbeatSeconds, scriptText);
}

function daemon(name: string, intervalSeconds: number, scriptText: string): Daemon {
  const label = `mac-runner-fleet.${name}`;
  const script = `${stateFolder}/${name}.sh`;
  const logFile = `${logFolder}/${name}.log`;
  const plistText = embedded("daemon.plist.hbs", { label, script, intervalSeconds, logFile });
  return { label, script, scriptText, plist: `/Library/LaunchDaemons/${label}.plist`, plistText };
}

/** What the CloudWatch agent ships. The agent itself puts the instance id in place of `{instance_id}`. */
function logSettings(args: UserDataArgs): object {
  const own = ["boot-deadline", "heartbeat", "set-up", "supervisor", "runner"].map(
    (name) => `${logFolder}/${name}.log`,
  );
  const files = [initLog, ...own];
  const collect_list = files.map((file) => ({
    file_path: file,
    log_group_name: args.logGroup,
    log_stream_name: `{instance_id}/${basename(file, ".log")}`,
  }));
  return { agent: { region: args.region }, logs: { logs_collected: { files: { collect_list } } } };
}

/** Rendered without the last line break, because the place it goes to ends the line. */
function embedded(name: string, values: TemplateValues): string {
  return render(template(name), values).trimEnd();
}

function template(name: string): URL {
  return new URL(`./${name}`, import.meta.url);
}
