import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../../support/until.ts";
import { fleetUserData, type MacWorld, processesIn, skip, startMacWorld } from "./guest.ts";

const DEADLINE = "/private/var/log/mac-runner-fleet/boot-deadline.log";
const INIT_LOG = "/private/var/log/amazon/ec2/ec2-macos-init.log";

let world: MacWorld;
before(async () => {
  if (!skip) world = await startMacWorld();
});
after(() => world?.close());

describe("a Mac that boots", { skip }, () => {
  const userDataDone = (id: string) => until(() => /module \[UserData\]/.test(world.read(id, INIT_LOG) ?? ""));
  const history = (id: string) => world.read(id, `/usr/local/aws/ec2-macos-init/instances/${id}/history.json`);

  test("runs the user data of the fleet as it is, and loads its daemons", async () => {
    const id = await world.launch("first");
    await userDataDone(id);
    match(world.read(id, INIT_LOG) ?? "", /Successfully completed module \[UserData\]\n$/);
    const file = join(world.guests.rootOf(id), `/usr/local/aws/ec2-macos-init/instances/${id}/userdata`);
    equal(readFileSync(file, "utf8"), fleetUserData());
    equal(statSync(file).mode & 0o777, 0o755);
    await until(() => (world.read(id, DEADLINE) ?? "") !== "");
    const launchedAt = Date.UTC(2026, 0, 1) / 1000;
    match(world.read(id, DEADLINE) ?? "", new RegExp(`^deadline: ${launchedAt + 48 * 3600} seconds`));
    equal(world.read(id, "/private/var/db/simulator/scutil/ComputerName"), "first\n");
    await world.terminate(id);
  });

  test("ends at its deadline, and not before, over a reboot and a new root volume", async () => {
    const id = await world.launch("deadline");
    await userDataDone(id);
    await world.guests.reboot(id);
    await until(() => world.guests.isUp(id));
    await world.replaceRootVolume(id);
    await userDataDone(id);
    const lifeBegan = (await renewalTimeOf(world, id)) / 1000;
    // Until AWS has said when it was, the boot that the replacement has brought counts.
    await until(() => (world.read(id, DEADLINE) ?? "").includes(`deadline: ${lifeBegan + 48 * 3600} `));
    world.aws.clock.advance(lifeBegan + 48 * 3600 - 120 - world.aws.clock.now() / 1000);
    const looks = () => (world.read(id, DEADLINE) ?? "").match(/shutting down/g)?.length ?? 0;
    await until(() => world.read(id, DEADLINE) !== undefined);
    equal(looks(), 0);
    equal(await world.stateOf(id), "running");
    world.aws.clock.advance(240);
    await world.passMinutes(async () => (await world.stateOf(id)) === "shutting-down");
    equal(world.guests.isUp(id), false);
  });

  test("keeps the root volume at a reboot, and the internal disk at a replacement of the root volume", async () => {
    const script = `#!/bin/bash
echo "run" >>/var/log/runs; echo kept >>/Volumes/InternalDisk/kept; [[ -e /var/log/twice ]] && exit 0
touch /var/log/twice; shutdown -r now; exit 1`;
    const id = await world.launch("reboot", script);
    await until(() => history(id) !== undefined);
    equal(world.read(id, "/private/var/log/runs"), "run\nrun\n");
    const internal = join(world.guests.rootOf(id), "../internal/kept");
    equal(readFileSync(internal, "utf8"), "kept\nkept\n");
    await world.replaceRootVolume(id);
    await until(() => history(id) !== undefined);
    equal(world.read(id, "/private/var/log/runs"), "run\nrun\n");
    equal(readFileSync(internal, "utf8"), "kept\nkept\nkept\nkept\n");
    await world.terminate(id);
  });

  test("runs user data that failed again at the next boot, and then never more", async () => {
    const id = await world.launch(
      "again",
      "#!/bin/bash\necho run >>/var/log/runs; [[ $(wc -l </var/log/runs) -ge 2 ]]",
    );
    await userDataDone(id);
    match(world.read(id, INIT_LOG) ?? "", /Error while running module \[UserData\] 1\n$/);
    equal(history(id), undefined);
    await reboot(world, id);
    await until(() => history(id) !== undefined);
    await reboot(world, id);
    equal((await world.guests.run(id, "sleep 0; cat /var/log/runs")).output, "run\nrun\n");
    await world.terminate(id);
  });

  test("is gone with all its processes and both disks when its instance is terminated", async () => {
    const id = await world.launch("gone", "#!/bin/bash\n(trap '' TERM HUP; exec sleep 86400) &\nexec sleep 86400");
    await until(() => processesIn(world.folder, id).length > 2);
    await world.terminate(id);
    await until(() => !world.guests.isUp(id));
    await until(() => processesIn(world.folder, id).length === 0);
    world.aws.clock.advance(3600);
    await until(() => !existsSync(join(world.folder, "disks", id)));
  });
});

describe("the world of a Mac", { skip }, () => {
  /** Launches a Mac that runs a script at its first boot; gives what it printed. */
  async function printed(name: string, script: string): Promise<string> {
    const id = await world.launch(
      name,
      `#!/bin/bash\n{\n${script}\n} >/var/log/printed.new 2>&1\nmv /var/log/printed.new /var/log/printed`,
    );
    await until(() => world.read(id, "/private/var/log/printed") !== undefined);
    return world.read(id, "/private/var/log/printed") ?? "";
  }

  test("two Macs do not see each other's files, processes or network", async () => {
    const seen = await printed(
      "one",
      "hostname mac-one; echo secret >/private/tmp/secret; ls /Users; nc -h >/dev/null 2>&1; sleep 0",
    );
    const other = await printed(
      "two",
      "ls /private/tmp; ls -d /work /root /home /private/var/root 2>&1; ps -A | wc -l; hostname",
    );
    match(seen, /Shared/);
    ok(!other.includes("secret"));
    match(other, /\/private\/var\/root/);
    match(other, /cannot access '\/root'/);
    ok(Number(/^(\d+)$/m.exec(other)?.[1]) < 15, other);
    ok(!other.includes("mac-one"));
  });

  test("a job's user reads nothing of root's, and not the metadata once pf is loaded", async () => {
    const ask = `curl -s -m 2 -o /dev/null -w '%{http_code}\\n' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token`;
    const said = await printed(
      "users",
      `sysadminctl -addUser runner -home /Users/runner 2>/dev/null; createhomedir -c -u runner >/dev/null
umask 077; echo hidden >/usr/local/libexec/credential
sudo -u runner id -un
sudo -u runner cat /usr/local/libexec/credential
sudo -u runner ${ask}
echo 'block drop out quick inet to 169.254.169.254 user runner' >/etc/pf.anchors/fleet
printf 'anchor "fleet"\\nload anchor "fleet" from "/etc/pf.anchors/fleet"\\n' >>/etc/pf.conf
pfctl -f /etc/pf.conf; pfctl -e
sudo -u runner ${ask}
sudo -u runner /usr/local/bin/aws sts get-caller-identity >/dev/null; echo "aws $?"
${ask}
sudo -u runner shutdown -h now
sudo -u runner launchctl bootout system/anything`,
    );
    deepEqual(said.trim().split("\n"), [
      "runner",
      "cat: /usr/local/libexec/credential: Permission denied",
      "200",
      "pf enabled",
      "000",
      "",
      'Unable to locate credentials. You can configure credentials by running "aws configure".',
      "aws 253",
      "200",
      "shutdown: NOT super-user",
      "Boot-out failed: 1: Operation not permitted",
    ]);
  });

  test("the programs of Linux that a Mac lacks are not there", async () => {
    equal(
      await printed("strict", "for p in timeout setsid flock systemctl apt-get; do command -v $p; done; echo done"),
      "done\n",
    );
  });

  test("date, stat and sysctl go by the Mac's clock", async () => {
    const now = world.aws.clock.now();
    const said = await printed(
      "clock",
      `date -u '+%Y-%m-%dT%H:%M:%SZ'; date -j -u -f '%Y-%m-%dT%H:%M:%SZ' 2026-02-03T04:05:06Z +%s
date -u -r 0 +%Y; touch /tmp/now; stat -f %m /tmp/now; date +%s; sysctl -n kern.boottime | sed 's/}.*/}/'`,
    );
    const seconds = Math.floor(now / 1000) + 120;
    deepEqual(said.trim().split("\n"), [
      new Date(now + 120_000).toISOString().replace(/\.\d+/, ""),
      "1770091506",
      "1970",
      String(seconds),
      String(seconds),
      `{ sec = ${seconds}, usec = 0 }`,
    ]);
  });

  test("sleep ends when the clock has come so far", async () => {
    const id = await world.launch(
      "sleep",
      "#!/bin/bash\nfrom=$(date +%s)\nsleep 600\necho $(($(date +%s) - from)) >/var/log/slept",
    );
    await until(() => {
      world.aws.clock.advance(50);
      return (world.read(id, "/private/var/log/slept") ?? "") !== "";
    });
    ok(Number(world.read(id, "/private/var/log/slept")) >= 600);
  });
});

async function reboot(world: MacWorld, id: string): Promise<void> {
  await world.guests.reboot(id);
  await until(() => world.guests.isUp(id));
}

/** When AWS's record says that the replacement of the root volume was complete. */
async function renewalTimeOf(world: MacWorld, id: string): Promise<number> {
  const state = (await (await fetch(`${world.aws.url}/_sim/state`)).json()) as {
    tasks: { instanceId: string; endsAt: number }[];
  };
  const task = state.tasks.find((one) => one.instanceId === id);
  return Math.floor((task?.endsAt ?? 0) / 1000) * 1000;
}
