import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";
import ts from "typescript";
import { shippedDrivers } from "../../../components/ec2-mac/function.ts";
import { encodeSettings, type LambdaPoolSettings, readSettings } from "../../../controllers/lambda/settings.ts";
import { poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { policyDefaults } from "../../../model/ec2-mac/policy.ts";

const checkout = path.resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(path.join(tmpdir(), "archive-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Every file that the functions load, and every package. */
function loaded(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles) {
      if (fileName.startsWith(".")) visit(path.resolve(path.dirname(file), fileName));
      else packages.add(fileName);
    }
  };
  visit(entry);
  return { files, packages };
}

describe("the functions' archive", () => {
  for (const name of ["pool", "sweeper"])
    test(`${name} needs only what is in the archive and what the runtime brings`, () => {
      const { files, packages } = loaded(path.join(checkout, `controllers/lambda/${name}.ts`));
      const isShipped = (file: string) => {
        const [room, part = ""] = path.relative(checkout, file).split("/");
        return room === "drivers" ? shippedDrivers.includes(part) : room === "model" || room === "controllers";
      };
      deepEqual(
        [...files].filter((file) => !isShipped(file)),
        [],
      );
      const others = [...packages].filter(
        (each) => each !== "zod" && !each.startsWith("@aws-sdk/client-") && !builtinModules.includes(each.slice(5)),
      );
      deepEqual(others, []);
    });

  test("its root offers both handlers, which say when their settings are missing", async () => {
    for (const part of ["model", "controllers", ...shippedDrivers.map((name) => `drivers/${name}`)])
      cpSync(path.join(checkout, part), path.join(folder, part), { recursive: true });
    cpSync(path.join(checkout, "controllers/lambda/index.mjs"), path.join(folder, "index.mjs"));
    mkdirSync(path.join(folder, "node_modules"));
    for (const name of ["zod", "@aws-sdk"])
      symlinkSync(path.join(checkout, "node_modules", name), path.join(folder, "node_modules", name));
    const script = `
      import * as root from "./index.mjs";
      for (const [name, handler] of Object.entries(root)) await handler({}, {}).catch((error) => console.log(name, error.message));`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    equal(stdout, "pool the variable FLEET_POOL is not set\nsweeper the variable FLEET_POOL is not set\n");
  });
});

describe("the settings", () => {
  const names = Array.from({ length: 200 }, (_, n) => ({
    name: `mac-${n + 1}`,
    zone: `us-west-2${n % 2 ? "a" : "b"}`,
  }));
  const settings: LambdaPoolSettings = {
    poolId: "mobile-production-0123abcd/macs",
    pool: "macs",
    fleetId: "mobile-production-0123abcd",
    fleet: "mobile-production",
    region: "us-west-2",
    policy: {
      ...policyDefaults,
      mark: poolMark("mobile-production-0123abcd", "macs"),
      hosts: names,
      hostTags: { purpose: "production", automation: "false" },
      zones: ["us-west-2a", "us-west-2b"],
      instanceTypes: ["mac2.metal"],
      seed: 7,
      floor: 190,
      promisedReady: 190,
    },
    template: { templateName: "mobile-production-macs", tags: { automation: "true" }, subnets: {} },
    table: "mobile-production-macs",
    scheduleGroup: "mobile-production-macs",
    schedulerRoleArn: "arn:aws:iam::123456789012:role/mobile-production-macs-ends",
    instanceRoleId: "AROAEXAMPLEROLEID0000",
    runner: { ci: "github", owner: "example-org", runnerGroup: "macs", labels: ["self-hosted", "macOS", "ARM64"] },
    apiTokenParameter: "/mac-runner-fleet/mobile-production-0123abcd/macs/api-token",
    metricNamespace: "MacRunnerFleet",
  };

  test("of 200 hosts fit into a function's environment, and come out as they went in", () => {
    const text = encodeSettings(settings);
    ok(text.length < 3000, `${text.length} of 4096 bytes`);
    deepEqual(readSettings(text), settings);
    deepEqual(readSettings(JSON.stringify(settings)), settings);
  });

  test("that do not fit say where", () => {
    const wrong = { ...settings, runner: { ...settings.runner, ci: "jenkins" }, table: 7 };
    throws(
      () => readSettings(JSON.stringify(wrong)),
      (error: Error) => {
        match(error.message, /FLEET_POOL does not fit/);
        match(error.message, /at table/);
        match(error.message, /at runner\.ci/);
        return true;
      },
    );
  });
});
