import { equal, match } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../../support/until.ts";
import { fleetUserData, type MacWorld, skip, startMacWorld } from "./guest.ts";

const DEADLINE = "/private/var/log/mac-runner-fleet/boot-deadline.log";
const INIT_LOG = "/private/var/log/amazon/ec2/ec2-macos-init.log";

describe("faults of a Mac", { skip, timeout: 120_000 }, () => {
  let world: MacWorld;
  before(async () => {
    world = await startMacWorld();
  });
  after(() => world?.close());

  /** A Mac of the fleet whose user data is through. */
  async function launched(name: string): Promise<string> {
    const id = await world.launch(name, fleetUserData());
    await until(() => /module \[UserData\]/.test(world.read(id, INIT_LOG) ?? ""));
    return id;
  }
  const past = () => world.aws.clock.advance(49 * 3600);

  test("one that hangs stays up past its deadline, until it may go on", async () => {
    const id = await launched("hangs");
    await until(() => (world.read(id, DEADLINE) ?? "") !== "");
    world.guests.freeze(id, true);
    past();
    equal(await world.stateOf(id), "running");
    equal((world.read(id, DEADLINE) ?? "").includes("shutting down"), false);
    world.guests.freeze(id, false);
    await world.passMinutes(async () => (await world.stateOf(id)) === "shutting-down");
  });

  test("one whose shutdown does nothing stays up", async () => {
    const id = await launched("deaf");
    world.guests.setFaults(id, { shutdownIsIgnored: true });
    past();
    await world.passMinutes(() => (world.read(id, DEADLINE) ?? "").includes("shutting down"));
    equal(await world.stateOf(id), "running");
    await world.terminate(id);
  });

  test("one whose launchd is broken has no daemons after a boot", async () => {
    const id = await launched("no-launchd");
    world.guests.setFaults(id, { launchdLoadsNothing: true });
    await world.guests.reboot(id);
    await until(() => world.guests.isUp(id));
    equal((await world.guests.run(id, "launchctl list")).output, "PID\tStatus\tLabel\n");
    const load = "launchctl bootstrap system /Library/LaunchDaemons/mac-runner-fleet.boot-deadline.plist";
    match((await world.guests.run(id, load)).output, /Bootstrap failed: 5: Input\/output error/);
    await world.terminate(id);
  });

  test("one stopped by a job's kill of its daemon gets it back from launchd", async () => {
    const plist = `<plist version="1.0"><dict><key>Label</key><string>kept</string><key>ProgramArguments</key><array>
      <string>/bin/sleep</string><string>86400</string></array><key>KeepAlive</key><true/></dict></plist>`;
    const id = await world.launch(
      "kept",
      `#!/bin/bash\ncat >/Library/LaunchDaemons/kept.plist <<'END'\n${plist}\nEND\nlaunchctl bootstrap system /Library/LaunchDaemons/kept.plist`,
    );
    const pid = async () => /^(\d+)\t/m.exec((await world.guests.run(id, "launchctl list")).output)?.[1];
    await until(async () => (await pid()) !== undefined);
    const first = await pid();
    await world.guests.run(id, `kill -9 ${first}`);
    await until(async () => (await pid()) === undefined);
    world.aws.clock.advance(30);
    await until(async () => (await pid()) !== undefined && (await pid()) !== first);
    await world.terminate(id);
  });
});
