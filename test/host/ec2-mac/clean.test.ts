import { deepEqual, equal, match } from "node:assert/strict";
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

test("what cannot be taken away is said, and fails", async (t) => {
  const mac = leftBy(t, [home]);
  mac.program("chflags", "exit 1");
  const { exitCode, stderr } = await mac.run(installedFile("clean.sh", buildkiteArgs));
  equal(exitCode, 1);
  match(stderr, /files of the last job cannot be removed/);
});
