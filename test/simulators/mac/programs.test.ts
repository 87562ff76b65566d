import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { newRoot, runProgram } from "./support.ts";

const root = newRoot();
after(() => rmSync(root, { recursive: true }));
const run = (...argv: [string, ...string[]]) => runProgram(root, argv);

const answers: [[string, ...string[]], string][] = [
  [["sw_vers", "-productVersion"], "15.5\n"],
  [["sw_vers"], "ProductName:\t\tmacOS\nProductVersion:\t\t15.5\nBuildVersion:\t\t24F74\n"],
  [["uname", "-m"], "arm64\n"],
  [["uname"], "Darwin\n"],
  [["sysctl", "-n", "hw.memsize"], "17179869184\n"],
  [["sysctl", "hw.model"], "hw.model: Mac16,10\n"],
  [["sysctl", "-n", "machdep.cpu.brand_string", "kern.hv_support"], "Apple M4\n1\n"],
];
for (const [argv, stdout] of answers) {
  test(argv.join(" "), async () => deepEqual(await run(...argv), { exitCode: 0, stdout, stderr: "" }));
}

test("what the Mac is can be changed by files on its disk", async () => {
  mkdirSync(join(root, "sysctl"));
  writeFileSync(join(root, "sysctl", "hw.ncpu"), "8\n");
  writeFileSync(join(root, "machine"), "x86_64\n");
  writeFileSync(join(root, "macos-version"), "12.7\n");
  equal((await run("sysctl", "-n", "hw.ncpu")).stdout, "8\n");
  equal((await run("uname", "-m")).stdout, "x86_64\n");
  equal((await run("sw_vers", "-productVersion")).stdout, "12.7\n");
});

test("an unknown sysctl fails", async () => {
  const { exitCode, stderr } = await run("sysctl", "-n", "hw.unheard");
  deepEqual([exitCode, stderr], [1, "sysctl: unknown oid 'hw.unheard'\n"]);
});

test("the names of the Mac are root's to change", async () => {
  deepEqual(await run("scutil", "--get", "HostName"), { exitCode: 1, stdout: "HostName: not set\n", stderr: "" });
  equal((await run("scutil", "--set", "HostName", "mini 1")).exitCode, 1);
  equal((await run("sudo", "-n", "scutil", "--set", "HostName", "mini 1")).exitCode, 0);
  equal((await run("scutil", "--get", "HostName")).stdout, "mini 1\n");
});

test("power settings are root's to change", async () => {
  match((await run("pmset", "-a", "sleep", "0")).stderr, /'pmset' must be run as root/);
  equal((await run("sudo", "-n", "pmset", "-a", "sleep", "0", "disksleep", "0")).exitCode, 0);
  match((await run("pmset", "-g")).stdout, /\n sleep +0\n disksleep +0\n displaysleep +10\n/);
});

test("sudo may need a password, which nobody types", async () => {
  writeFileSync(join(root, "no-sudo"), "");
  const { exitCode, stderr } = await run("sudo", "-n", "true");
  deepEqual([exitCode, stderr], [1, "sudo: a password is required\n"]);
  equal((await run("sudo", "true")).exitCode, 1);
});

test("defaults keeps what is written", async () => {
  const domain = "/Library/Preferences/com.apple.loginwindow";
  match((await run("defaults", "read", domain, "autoLoginUser")).stderr, /does not exist/);
  await run("defaults", "write", domain, "autoLoginUser", "-string", "admin user");
  equal((await run("defaults", "read", domain, "autoLoginUser")).stdout, "admin user\n");
  await run("defaults", "write", domain, "autoLoginUser", "-bool", "true");
  equal((await run("defaults", "read", domain, "autoLoginUser")).stdout, "1\n");
  equal((await run("defaults", "delete", domain, "autoLoginUser")).exitCode, 0);
  equal((await run("defaults", "read", domain, "autoLoginUser")).exitCode, 1);
});
