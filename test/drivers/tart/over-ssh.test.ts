import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeSshConnections } from "../../../drivers/exec/ssh.ts";
import { systemClock } from "../../../drivers/tart/clock.ts";
import { sshHosts, type TartHostConnection } from "../../../drivers/tart/host-connection.ts";
import { createTartImageLifecycle } from "../../../drivers/tart/image-resource.ts";
import { createTartVmLifecycle } from "../../../drivers/tart/vm-resource.ts";
import { newKeyPair } from "../../../simulators/mac/keys.ts";
import { type Mac, startMac } from "../../../simulators/mac/server.ts";
import { publishImage } from "../../../simulators/registry/publish.ts";
import type { RegistryServer } from "../../../simulators/registry/server.ts";
import { tartBin, testRegistry } from "../../simulators/tart/support.ts";

let root: string;
let mac: Mac;
let registry: RegistryServer;
let digest: string;
let host: TartHostConnection;
const fleetId = "fleet-1";
const images = createTartImageLifecycle(sshHosts);
const vms = createTartVmLifecycle(sshHosts, { ...systemClock, sleep: () => systemClock.sleep(0.05) });

before(async () => {
  root = mkdtempSync(join(tmpdir(), "mac-"));
  const [hostKeys, userKeys] = [newKeyPair(), newKeyPair()];
  const keys = { hostKey: hostKeys.privateKey, authorizedKey: userKeys.publicLine };
  mac = await startMac({ name: "mini-1", root, ...keys, path: [tartBin] });
  host = { name: "mini-1", address: "127.0.0.1", port: mac.port, user: "admin", hostKey: mac.hostKeyLine };
  images.configure((key) => (key === "sshPrivateKey" ? userKeys.privateKey : undefined));
  registry = await testRegistry();
  digest = await publishImage(registry.address, "macos/base", "1");
});
after(async () => {
  await closeSshConnections();
  await mac.close();
  await registry.close();
  rmSync(root, { recursive: true, force: true });
});

test("an image and two VMs on a Mac reached by ssh, kept running by its launchd", async () => {
  const reference = `${registry.address}/macos/base@${digest}`;
  const golden = await images.create({ host, reference, insecure: true, goldenName: "golden", fleetId });
  const vm = { host, image: "golden", imageDigest: digest, cpu: 4, memoryGb: 8, diskGb: 50, fleetId };
  const made = await Promise.all([vms.create({ ...vm, name: "slot-1" }), vms.create({ ...vm, name: "slot-2" })]);
  const [one, two] = made;
  assert.notEqual(one.outs.ip, two.outs.ip);
  assert.deepEqual(await vms.read(one.id, one.outs), { id: "mini-1/slot-1", props: one.outs });

  const bigger = await vms.update(one.id, one.outs, { ...vm, name: "slot-1", cpu: 6 });
  assert.deepEqual((await vms.read(one.id, bigger.outs)).props, { ...one.outs, cpu: 6 });

  await Promise.all(made.map(({ id, outs }) => vms.remove(id, outs)));
  await images.remove(golden.id, golden.outs);
  assert.deepEqual(await vms.read(one.id, one.outs), {});
  const agent = join(root, "Users/admin/Library/LaunchAgents/mac-runner-fleet.vm.slot-1.plist");
  assert.equal(existsSync(agent), false);
});
