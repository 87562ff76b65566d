import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { setFaults } from "../../../simulators/mac/faults.ts";
import { endJobs, findJob, readStatus } from "../../../simulators/mac/launchd/jobs.ts";
import { until } from "../../support/until.ts";
import { newRoot, runProgram, runs } from "./support.ts";

const root = newRoot();
const uid = process.getuid?.() ?? 0;
const gui = `gui/${uid}`;
writeFileSync(join(root, "gui-session"), "");
afterEach(async () => {
  setFaults(root);
  await endJobs(root, 0.2);
});
after(() => rmSync(root, { recursive: true }));

const launchctl = (...args: string[]) => runProgram(root, ["launchctl", ...args]);
const statusOf = (label: string) => {
  const loaded = findJob(root, gui, label);
  return loaded ? readStatus(loaded.folder) : undefined;
};

/** Writes a property list for a shell script; `more` is XML. */
function plist(label: string, script: string, more = "<key>RunAtLoad</key><true/>"): string {
  const file = join(root, `${label}.plist`);
  const words = ["/bin/sh", "-c", script].map((word) => `<string>${word.replaceAll("&", "&amp;")}</string>`);
  writeFileSync(
    file,
    `<plist version="1.0"><dict><key>Label</key><string>${label}</string>
    <key>ProgramArguments</key><array>${words.join("")}</array>${more}</dict></plist>`,
  );
  return file;
}

/** Loads a job and waits for its program to be running. */
async function load(label: string, script: string, more?: string): Promise<number> {
  deepEqual(await launchctl("bootstrap", gui, plist(label, script, more)), { exitCode: 0, stdout: "", stderr: "" });
  await until(() => statusOf(label)?.pid !== undefined);
  return statusOf(label)?.pid ?? 0;
}

test("a job runs with what its property list says, and with nothing of the caller's", async () => {
  const more = `<key>RunAtLoad</key><true/><key>WorkingDirectory</key><string>${root}</string>
    <key>EnvironmentVariables</key><dict><key>GIVEN</key><string>given</string></dict>
    <key>StandardOutPath</key><string>${root}/out</string><key>StandardErrorPath</key><string>${root}/err</string>`;
  const file = plist("env", 'pwd; echo "$GIVEN,$OF_CALLER,$OF_MAC"; echo oops >&2; exec sleep 300', more);
  writeFileSync(join(root, "environment.json"), JSON.stringify({ OF_MAC: "mac", PATH: process.env.PATH }));
  await runProgram(root, ["launchctl", "bootstrap", gui, file], { OF_CALLER: "secret" });
  await until(() => existsSync(join(root, "err")) && readFileSync(join(root, "err"), "utf8") === "oops\n");
  equal(readFileSync(join(root, "out"), "utf8"), `${root}\ngiven,,mac\n`);
  rmSync(join(root, "environment.json"));
});

test("print shows the state, the process and the runs of a job", async () => {
  const pid = await load("shown", "exec sleep 300");
  const { stdout, exitCode } = await launchctl("print", `${gui}/shown`);
  equal(exitCode, 0);
  match(stdout, new RegExp(`^${gui}/shown = {\\n`));
  match(stdout, /\n\tstate = running\n/);
  match(stdout, new RegExp(`\\n\\tpid = ${pid}\\n`));
  match(stdout, /\n\truns = 1\n/);
  match(stdout, /\n\tlast exit code = \(never exited\)\n/);
  match((await launchctl("print", gui)).stdout, new RegExp(`${pid}\\s+-\\s+shown\n`));
  match((await launchctl("list")).stdout, new RegExp(`^PID\tStatus\tLabel\n${pid}\t0\tshown\n`));
  match((await launchctl("list", "shown")).stdout, new RegExp(`"PID" = ${pid};`));
});

test("what is not there is refused with macOS's texts", async () => {
  const cases: [string[], number, string][] = [
    [["print", `${gui}/none`], 113, `Could not find service "none" in domain for user gui: ${uid}`],
    [["print", `user/${uid}/none`], 113, `Could not find service "none" in domain for uid: ${uid}`],
    [["print", "system/none"], 113, 'Could not find service "none" in domain for system'],
    [["kickstart", `${gui}/none`], 113, 'Could not find service "none"'],
    [["list", "none"], 113, 'Could not find service "none" in domain for port'],
    [["bootout", `${gui}/none`], 3, "Boot-out failed: 3: No such process"],
    [["bootout", gui, plist("none", "true")], 3, "Boot-out failed: 3: No such process"],
    [["bootstrap", gui, "/no/such.plist"], 5, "Bootstrap failed: 5: Input/output error"],
    [["bootstrap", `gui/${uid + 1}`, plist("none", "true")], 125, "Domain does not support specified action"],
    [["print", `gui/${uid + 1}`], 125, "Could not print domain: 125: Domain does not support specified action"],
    [["bootstrap", "system", plist("none", "true")], 5, "Bootstrap failed: 5: Input/output error"],
    [["bootout", "system/none"], 1, "Boot-out failed: 1: Operation not permitted"],
  ];
  const answers = await Promise.all(cases.map(([args]) => launchctl(...args)));
  for (const [i, [args, exitCode, text]] of cases.entries()) {
    equal(answers[i]?.exitCode, exitCode, args.join(" "));
    ok(answers[i]?.stderr.includes(text), answers[i]?.stderr);
  }
});

test("a job that is loaded cannot be loaded again, until it is booted out", async () => {
  const pid = await load("twice", "exec sleep 300");
  const again = await launchctl("bootstrap", gui, plist("twice", "exec sleep 300"));
  deepEqual([again.exitCode, again.stderr.split("\n")[0]], [5, "Bootstrap failed: 5: Input/output error"]);
  equal((await launchctl("bootout", `${gui}/twice`)).exitCode, 0);
  ok(!runs(pid), "bootout came back before the program ended");
  await load("twice", "exec sleep 300");
});

test("without somebody logged in at the screen there is no gui domain, but there is the user's", async () => {
  rmSync(join(root, "gui-session"));
  const file = plist("headless", "exec sleep 300");
  const { exitCode, stderr } = await launchctl("bootstrap", gui, file);
  deepEqual([exitCode, stderr], [125, "Bootstrap failed: 125: Domain does not support specified action\n"]);
  equal((await launchctl("bootstrap", `user/${uid}`, file)).exitCode, 0);
  writeFileSync(join(root, "gui-session"), "");
});

test("the system's jobs belong to root", async () => {
  const file = plist("daemon", "exec sleep 300");
  equal((await runProgram(root, ["sudo", "-n", "launchctl", "bootstrap", "system", file])).exitCode, 0);
  match((await launchctl("print", "system/daemon")).stdout, /type = LaunchDaemon/);
  equal((await runProgram(root, ["sudo", "-n", "launchctl", "bootout", "system/daemon"])).exitCode, 0);
});

test("a disabled job does not load until it is enabled", async () => {
  await launchctl("disable", `${gui}/off`);
  const file = plist("off", "exec sleep 300");
  const { exitCode, stderr } = await launchctl("bootstrap", gui, file);
  deepEqual([exitCode, stderr], [119, "Bootstrap failed: 119: Service is disabled\n"]);
  await launchctl("enable", `${gui}/off`);
  equal((await launchctl("bootstrap", gui, file)).exitCode, 0);
});

test("a program that ignores SIGTERM is killed after ExitTimeOut", async () => {
  const more = "<key>RunAtLoad</key><true/><key>ExitTimeOut</key><real>0.1</real>";
  const pid = await load("stubborn", 'trap "" TERM; while :; do sleep 300; done', more);
  equal((await launchctl("bootout", `${gui}/stubborn`)).exitCode, 0);
  ok(!runs(pid));
});

test("told so by a fault, bootout comes back while the job is still ending", async () => {
  setFaults(root, { bootoutReturnsEarly: true });
  const script = `trap 'while [ ! -e "${root}/go" ]; do sleep 0.05; done; exit' TERM; : > "${root}/ready"; while :; do sleep 0.05; done`;
  await load("busy", script);
  await until(() => existsSync(join(root, "ready")));
  equal((await launchctl("bootout", `${gui}/busy`)).exitCode, 0);
  equal((await launchctl("print", `${gui}/busy`)).exitCode, 0);
  equal((await launchctl("bootstrap", gui, plist("busy", "true"))).exitCode, 5);
  writeFileSync(join(root, "go"), "");
  await until(() => statusOf("busy") === undefined);
});

const restarts = [
  { name: "KeepAlive", keepAlive: "<true/>", exitCode: 0, isRestarted: true },
  { name: "KeepAlive SuccessfulExit=false, exit 1", keepAlive: unless("false"), exitCode: 1, isRestarted: true },
  { name: "KeepAlive SuccessfulExit=false, exit 0", keepAlive: unless("false"), exitCode: 0, isRestarted: false },
  { name: "KeepAlive SuccessfulExit=true, exit 0", keepAlive: unless("true"), exitCode: 0, isRestarted: true },
  { name: "no KeepAlive", keepAlive: "<false/>", exitCode: 0, isRestarted: false },
];
for (const { name, keepAlive, exitCode, isRestarted } of restarts) {
  test(`with ${name} a program is ${isRestarted ? "" : "not "}started again`, async () => {
    const more = `<key>RunAtLoad</key><true/><key>KeepAlive</key>${keepAlive}
      <key>ThrottleInterval</key><real>0.05</real>`;
    await launchctl("bootstrap", gui, plist("again", `exit ${exitCode}`, more));
    if (isRestarted) return until(() => (statusOf("again")?.runs ?? 0) >= 3);
    await until(() => statusOf("again")?.lastExit === String(exitCode));
    deepEqual(statusOf("again"), { state: "not running", runs: 1, lastExit: String(exitCode) });
  });
}

function unless(value: string): string {
  return `<dict><key>SuccessfulExit</key><${value}/></dict>`;
}

test("a restart waits for ThrottleInterval", async () => {
  const more = "<key>KeepAlive</key><true/><key>ThrottleInterval</key><integer>600</integer>";
  await launchctl("bootstrap", gui, plist("throttled", "exit 0", more));
  await until(() => statusOf("throttled")?.state === "spawn scheduled");
  equal((await launchctl("kickstart", `${gui}/throttled`)).exitCode, 0);
  await until(() => statusOf("throttled")?.runs === 2);
});

test("kickstart -k puts a new process in the place of the running one", async () => {
  const pid = await load("kicked", "exec sleep 300");
  equal((await launchctl("kickstart", "-k", `${gui}/kicked`)).exitCode, 0);
  await until(() => statusOf("kicked")?.runs === 2);
  ok(!runs(pid));
});

test("a program that cannot start shows as 78", async () => {
  await launchctl("bootstrap", gui, plist("gone", "true").replace(/$/, ""));
  const file = plist("nowhere", "true");
  writeFileSync(file, readFileSync(file, "utf8").replace("/bin/sh", "/no/such/program"));
  await launchctl("bootstrap", gui, file);
  await until(() => statusOf("nowhere")?.lastExit === "78: EX_CONFIG");
});

for (const isAbandoned of [false, true]) {
  test(`what a program started ${isAbandoned ? "lives on with" : "ends without"} AbandonProcessGroup`, async () => {
    const more = `<key>RunAtLoad</key><true/><key>AbandonProcessGroup</key><${isAbandoned}/>`;
    const file = join(root, `child-${isAbandoned}`);
    await launchctl(
      "bootstrap",
      gui,
      plist("parent", `sleep 300 & echo $! > "${file}.new"; mv "${file}.new" "${file}"`, more),
    );
    await until(() => statusOf("parent")?.lastExit === "0");
    const child = Number(readFileSync(file, "utf8"));
    if (!isAbandoned) return until(() => !runs(child));
    ok(process.kill(child, "SIGTERM"), "it should have been left alone");
  });
}

test("endJobs ends the stubborn ones too", async () => {
  const pid = await load("last", 'trap "" TERM; while :; do sleep 300; done', "<key>KeepAlive</key><true/>");
  await endJobs(root, 0.1);
  ok(!runs(pid));
  equal(statusOf("last"), undefined);
});
