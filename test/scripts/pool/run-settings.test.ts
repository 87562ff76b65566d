import { doesNotThrow, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { refuseOtherSettings } from "../../../scripts/commands/pool/run.ts";

const folder = mkdtempSync(path.join(tmpdir(), "run-"));
after(() => rmSync(folder, { recursive: true }));

test("settings that have changed since the beginning end `pool run`, a comment or a space does not", () => {
  const file = path.join(folder, "Pulumi.staging.yaml");
  writeFileSync(file, "config:\n  mac-runner-fleet:pools: [{ name: macs, hosts: 3 }]\n");
  const check = refuseOtherSettings(file, "s1");
  doesNotThrow(check);
  writeFileSync(file, "# three Macs\nconfig:\n  mac-runner-fleet:pools: [{ name: macs,  hosts: 3 }]\n");
  doesNotThrow(check);
  writeFileSync(file, "config:\n  mac-runner-fleet:pools: [{ name: macs, hosts: 2 }]\n");
  throws(check, /Pulumi\.staging\.yaml has changed since this began.*\n {2}Start again: fleet pool run/);
});
