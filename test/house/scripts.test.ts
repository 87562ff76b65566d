import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { renderUserData } from "../../components/ec2-mac/user-data.ts";
import { renderBootstrap, renderUnbootstrap } from "../../components/tart/bootstrap.ts";
import { installedScript, userDataArgs } from "../components/render/user-data-scripts.ts";
import { setUpScripts } from "../host/ec2-mac/set-up-scripts.ts";
import { readRepositoryFile, repositoryFiles } from "../support/files.ts";
import { repositoryRoot, toolPath } from "../support/tools.ts";

/** Every template of a script, and a script made from it. A part of others is checked inside of them. */
const rendered: Readonly<Record<string, string>> = {
  "components/ec2-mac/user-data.sh.hbs": renderUserData(userDataArgs),
  "components/ec2-mac/boot-deadline.sh.hbs": installedScript("boot-deadline"),
  "components/ec2-mac/heartbeat.sh.hbs": installedScript("heartbeat"),
  ...setUpScripts,
  "components/tart/bootstrap.sh.hbs": renderBootstrap({ hostName: "office-mac-1", tartVersionMinimum: "2.32.0" }),
  "components/tart/unbootstrap.sh.hbs": renderUnbootstrap(),
};

/** What the bash 3.2 and the BSD tools of macOS do not know. */
const notOnMacs: Readonly<Record<string, RegExp>> = {
  "associative arrays": /\b(declare|local|typeset) -A\b/,
  "mapfile, readarray": /\b(mapfile|readarray)\b/,
  "${x,,} and ${x^^}": /\$\{\w+(,,?|\^\^?)\}/,
  "|& and &>>": /\|&|&>>/,
  "sed -i without a suffix": /\bsed -i /,
  "readlink -f": /\breadlink -f\b/,
  "date -d": /\bdate (-u )?-d\b/,
  "stat -c": /\bstat -c\b/,
  "grep -P": /\bgrep -\w*P/,
  timeout: /(^|[;&|]\s*)timeout \d/m,
};

/** Programs that make Linux look like a Mac; they run on Linux alone. */
const insideSimulatedMacs = "simulators/mac/guest-bin/";

const scripts = repositoryFiles().filter(isShellScript);

function isShellScript(file: string): boolean {
  if (/\.(ts|hbs|snap|md)$/.test(file)) return false;
  return file.endsWith(".sh") || /^#!\S*[/ ](ba)?sh\b/.test(readRepositoryFile(file).slice(0, 40));
}

function renderedFiles(t: TestContext): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), "scripts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return Object.entries(rendered).map(([name, text]) => {
    const file = path.join(folder, name.replaceAll("/", "_"));
    writeFileSync(file, text);
    return file;
  });
}

test("shellcheck finds nothing, in scripts and in what templates make", (t) => {
  const files = [...scripts, ...renderedFiles(t)];
  const checked = spawnSync(toolPath("shellcheck"), ["--format=gcc", ...files], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });
  equal(checked.stdout + checked.stderr, "");
  equal(checked.status, 0);
});

test("every template of a script is among the checked ones", () => {
  const templates = repositoryFiles().filter((file) => file.endsWith(".sh.hbs"));
  deepEqual(templates.toSorted(), Object.keys(rendered).toSorted());
});

test("scripts keep to what every Mac has", () => {
  const onMacs = scripts.filter((file) => !file.startsWith(insideSimulatedMacs));
  const texts = [...onMacs.map((file) => [file, readRepositoryFile(file)] as const), ...Object.entries(rendered)];
  const found = texts.flatMap(([file, text]) =>
    Object.entries(notOnMacs)
      .filter(([, pattern]) => pattern.test(text))
      .map(([name]) => `${file}: ${name}`),
  );
  deepEqual(found, []);
});
