import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { FakeMac } from "../../components/render/fake-mac.ts";
import { buildkiteArgs, installedFile } from "./set-up-scripts.ts";

const home = "Users/runner";

/** A Mac whose `rm` and `mkdir` refuse what is immutable: the file `immutable` has the paths, one a line. */
function leftBy(t: TestContext, immutable: readonly string[]): FakeMac {
  const mac = new FakeMac(t);
  for (const name of ["launchctl", "pkill", "chown", "sleep"]) mac.program(name, "");
  mac.program("pgrep", "exit 1");
  mac.write(`${home}/.cache/leaked`, "x");
  mac.write(`${home}/builds/kept`, "x");
  mac.write("immutable", immutable.map((path) => `${mac.root}/${path}\n`).join(""));
  const refuse = (program: string) =>
    `for path; do
      while read -r fixed; do
        case $path in "$fixed" | "$fixed"/*) exit 1 ;; esac
      done <"$root/immutable"
    done
    exec /bin/${program} "$@"`;
  mac.program("rm", refuse("rm"));
  mac.program("mkdir", refuse("mkdir"));
  mac.program(
    "chflags",
    `for path; do :; done; grep -vxF "$path" "$root/immutable" >"$root/rest"; /bin/mv "$root/rest" "$root/immutable"`,
  );
  return mac;
}

for (const [what, immutable] of [
  ["nothing", []],
  ["a folder", [`${home}/.cache`]],
  ["the home folder itself", [home]],
] as const)
  test(`a job that has made ${what} immutable is cleaned up after`, async (t) => {
    const mac = leftBy(t, immutable);
    const { exitCode, stderr } = await mac.run(installedFile("clean.sh", buildkiteArgs));
    equal(exitCode, 0, stderr);
    deepEqual(readdirSync(`${mac.root}/${home}`), ["Library", "builds"]);
  });

/** What mount(8) of macOS prints: a volume of macOS itself, a disk image, a share, and somebody else's image. */
const volumes = `/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk5s1 on /Volumes/An app (1.2) (hfs, local, nodev, nosuid, read-only, noowners, quarantine, mounted by runner)
//guest@nas/share on /Users/runner/share (smbfs, nodev, nosuid, mounted by runner, nobrowse)
/dev/disk6s1 on /Volumes/Other (apfs, local, nodev, nosuid, journaled, noowners, mounted by runner2)
`;

/** A Mac where `hdiutil` and `umount` take away what they are told to. */
function withVolumes(t: TestContext): FakeMac {
  const mac = leftBy(t, []);
  mac.write("volumes", volumes);
  mac.program("mount", 'cat "$root/volumes"');
  const without =
    'for last; do :; done; grep -vF "$last" "$root/volumes" >"$root/rest"; /bin/mv "$root/rest" "$root/volumes"';
  mac.program("hdiutil", without);
  mac.program("umount", without);
  return mac;
}

test("disk images and shares that a job has left mounted are taken away, and nobody else's", async (t) => {
  const mac = withVolumes(t);
  const { exitCode, stderr } = await mac.run(installedFile("clean.sh", buildkiteArgs));
  equal(exitCode, 0, stderr);
  const calls = mac.takeCalls().filter((call) => /^(hdiutil|umount) /.test(call));
  deepEqual(calls, ["hdiutil detach -force /dev/disk5s1", "umount -f /Users/runner/share"]);
});

test("a volume that cannot be unmounted is said, and nothing is removed below it", async (t) => {
  const mac = withVolumes(t);
  for (const program of ["hdiutil", "umount"]) mac.program(program, "exit 1");
  const { exitCode, stderr } = await mac.run(installedFile("clean.sh", buildkiteArgs));
  equal(exitCode, 1);
  match(stderr, /volumes of the last job cannot be unmounted/);
  ok(mac.has(`${home}/.cache/leaked`));
});

test("what cannot be taken away is said, and fails", async (t) => {
  const mac = leftBy(t, [home]);
  mac.program("chflags", "exit 1");
  const { exitCode, stderr } = await mac.run(installedFile("clean.sh", buildkiteArgs));
  equal(exitCode, 1);
  match(stderr, /files of the last job cannot be removed/);
});
