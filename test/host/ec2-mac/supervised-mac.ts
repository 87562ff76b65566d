import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { SetUpArgs } from "../../../host/ec2-mac/set-up.ts";
import { FakeMac } from "../../components/render/fake-mac.ts";
import { buildkiteArgs, githubArgs, installedFile } from "./set-up-scripts.ts";

export const launched = Date.parse("2026-01-02T03:04:05Z") / 1000;
export const secret = "bkct_a-secret-that-nobody-may-see";
/** Where the supervisor keeps what it must not forget. */
export const state = "usr/local/libexec/mac-runner-fleet/state";

/** A Mac whose clock moves on by ten seconds with each look, and whose supervisor ends after some looks. */
export class SupervisedMac extends FakeMac {
  readonly script: string;

  constructor(t: TestContext, args: SetUpArgs = buildkiteArgs) {
    super(t);
    this.script = installedFile("supervisor.sh", args);
    this.write("clock", `${launched + 1200}`);
    this.settled = "true";
    this.write("boot", "boot-1");
    this.write("booted", `${launched + 300}`);
    this.write("tags/Name", "MacM1-1");
    this.write("tags/PWPoolReady", "true");
    this.write("document", `{\n  "pendingTime" : "2026-01-02T03:04:05Z"\n}\n`);
    this.write(
      "usr/local/libexec/mac-runner-fleet/start-runner.sh",
      this.moved(installedFile("start-runner.sh", args)),
    );
    this.write("usr/local/libexec/mac-runner-fleet/clean.sh", `touch '${this.root}/cleaned'`);
    this.write("var/log/mac-runner-fleet/.keep", "");
    this.program(
      "date",
      `[ "$*" = +%s ] && exec cat "$root/clock"
      exec '${process.execPath}' -p 's = Date.parse(process.argv[1]) / 1000; s || process.exit(1)' "$5"`,
    );
    this.program(
      "sysctl",
      `case "$2" in *uuid) cat "$root/boot" ;; *) echo "{ sec = $(cat "$root/booted"), usec = 1 }" ;; esac`,
    );
    // The last look ends the supervisor as a crash does.
    this.program(
      "sleep",
      `[ "$1" = 10 ] || exit 0
      rounds=0
      until sh "$root/settled"; do
        [ $((rounds += 1)) -lt 2500 ] || { echo "0 not so in time: $(cat "$root/settled")"; kill -9 $PPID; exit; }
        /bin/sleep 0.02
      done
      echo $(($(cat "$root/clock") + 10)) >"$root/clock.new" && mv "$root/clock.new" "$root/clock"
      looks=$(cat "$root/looks")
      echo $((looks - 1)) >"$root/looks"
      [ "$looks" -gt 1 ] || kill -9 $PPID`,
    );
    this.program("curl", metadata);
    this.program(
      "pfctl",
      `case "$*" in *'-f -') cat >"$root/rules"; rm -f "$root/open" ;; *info) echo 'Status: Enabled' ;; esac`,
    );
    this.program("aws", aws);
    this.program("buildkite-agent", agent);
    this.program("sudo", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
    for (const name of ["launchctl", "pkill", "chown"]) this.program(name, "");
    this.program("pgrep", "exit 1");
  }

  /**
   * The Mac's clock stands still after each look until what the look has begun is done, for 50 seconds at most: a runner
   * that starts runs, or has ended if it is to end, and this condition of the shell holds.
   */
  set settled(condition: string) {
    const isStarted = `{ [ -e '${this.root}/agent-pid' ] && [ ! -e '${this.root}/end' ]; }`;
    const record = `${this.root}/${state}/runner`;
    this.write("settled", `{ [ ! -e '${record}' ] || [ -e '${record}-ended' ] || ${isStarted}; } && ${condition}`);
  }

  /** Runs the supervisor for so many looks; gives back what it said, without the times. */
  async look(looks = 1): Promise<string[]> {
    this.write("looks", `${looks}`);
    const env = { HOME: `${this.root}/home`, PATH: `${this.root}/bin:/usr/bin:/bin` };
    const child = spawn("/bin/bash", ["-s"], { env, stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    child.stdin.end(this.moved(this.script));
    await once(child, "close");
    if (said.includes("not so in time")) throw new Error(said);
    return said
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\d+ /, ""));
  }

  /** Lets the supervisor start a runner, and waits until it runs. */
  async withRunner(): Promise<void> {
    this.write("credential", secret);
    await this.look();
    this.takeCalls();
  }

  set age(seconds: number) {
    this.write("clock", `${launched + seconds}`);
  }

  shutdowns(): number {
    return this.takeCalls().filter((call) => call === "shutdown -h now").length;
  }

  /** Lets this runner, and each that starts after it, end by itself. */
  endRunner(exitCode: number): void {
    this.write("end", `${exitCode}`);
  }
}

/** The program that plays `curl` to the metadata service. */
export const metadata = `case "$*" in
  *PUT*) echo token ;;
  *'-o /dev/null'*) [ -e "$root/open" ] || exit 7 ;;
  *meta-data/instance-id) echo i-0abc ;;
  *identity/document) cat "$root/document" ;;
  *tags/instance/*) for last; do :; done; cat "$root/tags/\${last##*/}" 2>/dev/null || exit 22 ;;
  *) exit 22 ;;
esac`;

const aws = `case "$*" in
  *get-parameter*) [ -e "$root/credential" ] && exec cat "$root/credential"; echo 'An error (ParameterNotFound)' >&2; exit 254 ;;
  *delete-parameter*) [ ! -e "$root/no-delete" ] && rm "$root/credential" ;;
  *replace-root*) [ -e "$root/tasks" ] && exec cat "$root/tasks"; [ ! -e "$root/no-aws" ] ;;
esac`;

const agent = `[ -e "$root/away" ] || echo 'INFO   Successfully registered agent "MacM1-1-i-0abc" with tags []'
trap 'echo TERM >>"$root/signals"' TERM
env >"$root/agent-env"
echo $$ >"$root/agent-pid"
while [ ! -e "$root/end" ]; do
  # The test is over, and with it this Mac.
  [ -d "$root/bin" ] || exit 1
  /bin/sleep 0.02
done
[ ! -e "$root/last-words" ] || cat "$root/last-words"
exit "$(cat "$root/end")"`;

/** A Mac whose runner is GitHub's; its `run.sh` does what the fake agent does. */
export function githubMac(t: TestContext): SupervisedMac {
  const mac = new SupervisedMac(t, githubArgs);
  mac.write("Users/runner/.keep", "");
  mac.program("tar", 'cp "$root/bin/buildkite-agent" "$root/Users/runner/actions-runner/run.sh"');
  return mac;
}
