import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { renderBootstrap, renderUnbootstrap } from "../../../components/tart/bootstrap.ts";
import { FakeMac } from "./fake-mac.ts";

const bootstrap = renderBootstrap({ hostName: "office-mac-1", tartVersionMinimum: "2.32.1" });
/** The login shells that this computer has; the one of macOS is zsh. */
const shells = ["/bin/sh", "/bin/bash", "/bin/zsh"].filter((shell) => existsSync(shell));
const folder = "home/.mac-runner-fleet";

/** A Mac mini as it comes out of the box, with Homebrew and a user at the screen. */
function officeMac(t: TestContext): FakeMac {
  const mac = new FakeMac(t);
  mac.program("uname", "echo arm64");
  mac.program("sw_vers", "echo 15.5");
  mac.program("id", 'case "$1" in -u) echo 501 ;; *) echo admin ;; esac');
  mac.program("launchctl", '[ "$*" = "print gui/501" ] || exit 113');
  mac.program("sudo", '[ "$1" = -n ] || exit 1; shift; exec "$@"');
  mac.program(
    "sysctl",
    'case "$2" in hw.model) echo Mac14,3 ;; hw.ncpu) echo 8 ;; hw.memsize) echo 17179869184 ;; esac',
  );
  mac.program("scutil", 'case "$1" in --get) cat "$root/name" ;; --set) echo "$3" >"$root/name" ;; esac');
  mac.program(
    "pmset",
    'case "$1" in -g) cat "$root/power" ;; -a) sed -i.bak "s/sleep .*/sleep 0/" "$root/power" ;; esac',
  );
  mac.program("brew", '[ "$*" = "install openai/tools/tart" ] && cp "$root/bottle" "$root/bin/tart" && echo Pouring');
  mac.write("name", "Mac mini\n");
  mac.write(
    "power",
    "Currently in use:\n disksleep            10\n sleep                1 (sleep prevented by powerd)\n",
  );
  mac.write("power", `${mac.read("power")} displaysleep         10\n womp                 1\n`);
  mac.program("tart", "echo 2.35.0");
  mac.write("bottle", mac.read("bin/tart"));
  execFileSync("chmod", ["+x", `${mac.root}/bottle`]);
  execFileSync("rm", [`${mac.root}/bin/tart`]);
  return mac;
}

function lines(text: string): string[] {
  return text.trimEnd().split("\n");
}

for (const [name, script] of Object.entries({ bootstrap, unbootstrap: renderUnbootstrap() }))
  test(`the ${name} script as a whole`, (t) => {
    const file = path.join(import.meta.dirname, `snapshots/${name}.sh.snap`);
    t.assert.fileSnapshot(script, file, { serializers: [(value) => value] });
  });

for (const shell of shells)
  test(`a fresh Mac is brought to what the fleet needs, and described, by ${shell}`, async (t) => {
    const mac = officeMac(t);
    const { exitCode, stdout } = await mac.run(bootstrap, shell);
    equal(exitCode, 0);
    const home = `${mac.root}/${folder}`;
    deepEqual(lines(stdout).slice(0, -1), [
      "ok: Apple silicon",
      "ok: macOS 15.5",
      "ok: admin is logged in at the screen",
      "changed: installed Tart 2.35.0",
      "changed: computer name is now office-mac-1",
      "changed: sleep is now off",
      `changed: made folder ${home}, for this user only`,
      `changed: made folder ${home}/claims, for this user only`,
      `changed: made folder ${home}/log, for this user only`,
    ]);
    deepEqual(JSON.parse(lines(stdout).at(-1) ?? ""), {
      macos: "15.5",
      model: "Mac14,3",
      cpu: 8,
      memoryGb: 16,
      tart: "2.35.0",
    });
  });

test("a second run finds nothing to change and says the same of the Mac", async (t) => {
  const mac = officeMac(t);
  const first = await mac.run(bootstrap);
  mac.takeCalls();
  const second = await mac.run(bootstrap);
  equal(second.exitCode, 0);
  ok(
    lines(second.stdout)
      .slice(0, -1)
      .every((line) => line.startsWith("ok: ")),
    second.stdout,
  );
  equal(lines(second.stdout).at(-1), lines(first.stdout).at(-1));
  deepEqual(
    mac.takeCalls().filter((call) => /^(sudo|brew)/.test(call)),
    [],
  );
});

test("no command reads the rest of a script that comes through stdin", async (t) => {
  const mac = officeMac(t);
  mac.program("uname", "cat >/dev/null; echo arm64");
  const { stdout } = await mac.run(`${bootstrap}\necho 'the rest'`);
  equal(lines(stdout).at(-1), "the rest");
});

test("folders that others could read are closed to them", async (t) => {
  const mac = officeMac(t);
  mac.write(`${folder}/claims/vm.json`, "{}");
  const { stdout } = await mac.run(bootstrap);
  match(stdout, /changed: made folder .*\/claims,/);
  ok(mac.has(`${folder}/claims/vm.json`));
  equal(execFileSync("find", [`${mac.root}/${folder}`, "-type", "d", "!", "-perm", "700"], { encoding: "utf8" }), "");
});

interface Refusal {
  name: string;
  program: string;
  body: string;
  expect: RegExp;
}

const refusals: Refusal[] = [
  {
    name: "an Intel Mac",
    program: "uname",
    body: "echo x86_64",
    expect: /processor is x86_64; Tart needs Apple silicon/,
  },
  {
    name: "macOS 12",
    program: "sw_vers",
    body: "echo 12.7.6",
    expect: /macOS is 12\.7\.6; Tart needs 13 or later\. Update macOS/,
  },
  { name: "no Mac at all", program: "sw_vers", body: "exit 127", expect: /instead of a macOS version/ },
  {
    name: "nobody at the screen",
    program: "launchctl",
    body: "exit 113",
    expect: /admin is not logged in at the screen.*automatic login/,
  },
  {
    name: "an old Tart",
    program: "tart",
    body: "echo 2.32.0",
    expect: /Tart is 2\.32\.0; the fleet needs 2\.32\.1 or later.*brew upgrade/,
  },
  { name: "a Tart with two digits less", program: "tart", body: "echo 2.9.9", expect: /Tart is 2\.9\.9/ },
  {
    name: "a development build of Tart",
    program: "tart",
    body: "echo SNAPSHOT",
    expect: /'SNAPSHOT', which is no release/,
  },
  {
    name: "a brew that fails",
    program: "brew",
    body: "echo 'No bottle' >&2; exit 1",
    expect: /No bottle\nfailed: brew could not install Tart/,
  },
  { name: "a brew that puts Tart elsewhere", program: "brew", body: "exit 0", expect: /outside of PATH/ },
];

for (const refusal of refusals)
  test(`refused, with what to do: ${refusal.name}`, async (t) => {
    const mac = officeMac(t);
    mac.program(refusal.program, refusal.body);
    const { exitCode, stderr, stdout } = await mac.run(bootstrap);
    equal(exitCode, 1);
    match(stderr, refusal.expect);
    ok(!stdout.includes("{"), "no description of a Mac that was refused");
    ok(!mac.has(folder), "nothing was changed after the failure");
  });

test("refused, with the command to type: no Tart and no Homebrew", async (t) => {
  const mac = officeMac(t);
  execFileSync("rm", [`${mac.root}/bin/brew`]);
  const { exitCode, stderr } = await mac.run(bootstrap);
  equal(exitCode, 1);
  match(stderr, /failed: Tart is missing\. Install Homebrew, then run: brew install openai\/tools\/tart/);
});

for (const version of ["2.32.1", "2.32.2", "2.33", "3", "2.100.0"])
  test(`Tart ${version} will do`, async (t) => {
    const mac = officeMac(t);
    mac.program("tart", `echo ${version}`);
    for (const shell of shells) match((await mac.run(bootstrap, shell)).stdout, new RegExp(`ok: Tart ${version}`));
  });

test("without sudo the name and sleep are skipped, with the commands to type", async (t) => {
  const mac = officeMac(t);
  mac.program("sudo", "echo 'sudo: a password is required' >&2; exit 1");
  const { exitCode, stdout } = await mac.run(bootstrap);
  equal(exitCode, 0);
  match(stdout, /skipped: computer name.*sudo scutil --set ComputerName 'office-mac-1'/);
  match(stdout, /skipped: sleep.*sudo pmset -a sleep 0 disksleep 0 displaysleep 0/);
  equal(mac.read("name"), "Mac mini\n");
});

for (const shell of shells)
  test(`taking it off removes the folder, and succeeds when it is gone, by ${shell}`, async (t) => {
    const mac = officeMac(t);
    await mac.run(bootstrap);
    match((await mac.run(renderUnbootstrap(), shell)).stdout, /^changed: removed /);
    ok(!mac.has(folder));
    const again = await mac.run(renderUnbootstrap(), shell);
    equal(again.exitCode, 0);
    match(again.stdout, /^ok: .* is gone/);
  });

test("taking it off keeps everything while a VM is claimed", async (t) => {
  const mac = officeMac(t);
  await mac.run(bootstrap);
  mac.write(`${folder}/claims/macos-1.json`, "{}");
  const { exitCode, stdout } = await mac.run(renderUnbootstrap());
  equal(exitCode, 0);
  match(stdout, /^kept: .*macos-1\.json/);
  ok(mac.has(`${folder}/claims/macos-1.json`));
});

test("taking it off refuses when it cannot look for claims", async (t) => {
  const mac = officeMac(t);
  await mac.run(bootstrap);
  mac.program("ls", "echo 'ls: claims: Permission denied' >&2; exit 1");
  const { exitCode, stderr } = await mac.run(renderUnbootstrap());
  equal(exitCode, 1);
  match(stderr, /cannot look for claims: .*Permission denied/);
  ok(mac.has(folder));
});
