import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { isFailure } from "../../../drivers/errors.ts";
import type { Exec } from "../../../drivers/exec/types.ts";
import { tartHosts } from "../../../drivers/tart/host-connection.ts";
import { createTartImageLifecycle, type TartImageInputs } from "../../../drivers/tart/image-resource.ts";
import { publishImage } from "../../../simulators/registry/publish.ts";
import type { RegistryServer } from "../../../simulators/registry/server.ts";
import { readDiskContent } from "../../../simulators/tart/vm.ts";
import { type SimulatedUser, simulatedUser, testRegistry } from "../../simulators/tart/support.ts";
import { breakingExec } from "./interruption.ts";

const lifecycleThrough = (exec: Exec) => createTartImageLifecycle(tartHosts(() => exec));

describe("a golden image on a Mac", () => {
  let registry: RegistryServer;
  let digest: string;
  let user: SimulatedUser;
  let inputs: TartImageInputs;

  before(async () => {
    registry = await testRegistry();
    digest = await publishImage(registry.address, "macos/base", "15.5", { diskContent: ["one\n", "two\n"] });
  });
  after(() => registry.close());
  beforeEach(async () => {
    user = await simulatedUser();
    inputs = {
      host: { name: "mini-1", address: "10.0.1.11", port: 22, user: "admin", hostKey: "ssh-ed25519 AAAA" },
      reference: `${registry.address}/macos/base@${digest}`,
      insecure: true,
      goldenName: "golden-base",
      fleetId: "fleet-1",
    };
  });
  afterEach(() => user.close());
  const claimPath = () => join(user.home, ".mac-runner-fleet/claims/golden-base.json");

  test("is pulled, kept as a VM, found again and removed", async () => {
    const lifecycle = lifecycleThrough(user.quick);
    const { id, outs } = await lifecycle.create(inputs);
    assert.deepEqual(outs, { ...inputs, digest });
    assert.equal(readDiskContent(user.vm("golden-base").disk).toString(), "one\ntwo\n");
    assert.deepEqual(await lifecycle.read(id, outs), { id, props: outs });
    await lifecycle.remove(id, outs);
    assert.deepEqual(await lifecycle.read(id, outs), {});
    await lifecycle.remove(id, outs);
  });

  test("a tag is followed to its digest", async () => {
    const byTag = { ...inputs, reference: `${registry.address}/macos/base:15.5` };
    const { outs } = await lifecycleThrough(user.quick).create(byTag);
    assert.equal(outs.digest, digest);
  });

  test("a registry that gives another image for the pinned digest is found out", async (t) => {
    const other = await publishImage(registry.address, "macos/base", "false", { diskContent: ["false"] });
    const liar = createServer(async ({ url = "" }, response) => {
      const real = await fetch(`http://${registry.address}${url.replace(`manifests/${digest}`, `manifests/${other}`)}`);
      response.writeHead(real.status).end(Buffer.from(await real.arrayBuffer()));
    });
    await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      liar.closeAllConnections();
      liar.close();
    });
    const address = `127.0.0.1:${(liar.address() as AddressInfo).port}`;
    const pinned = { ...inputs, reference: `${address}/macos/base@${digest}` };
    await assert.rejects(lifecycleThrough(user.quick).create(pinned), { kind: "unexpected-output", vendorText: other });
    assert.equal(user.vm("golden-base").isComplete, false);
  });

  test("survives another program's clean-up between its pull and its copy", async () => {
    user.setFaults({ command: "clone", kind: "prune-cache" });
    const { outs } = await lifecycleThrough(user.quick).create(inputs);
    assert.equal(outs.digest, digest);
  });

  test("is left alone when it is somebody else's", async () => {
    await user.quick.run({ argv: ["tart", "create", "golden-base", "--linux"], timeoutSeconds: 10 });
    const lifecycle = lifecycleThrough(user.quick);
    await assert.rejects(lifecycle.create(inputs), { kind: "not-ours" });
    await assert.rejects(lifecycle.remove("id", { ...inputs, digest }), { kind: "not-ours" });
    assert.ok(user.vm("golden-base").isComplete);
  });

  test("an image that is not there, or not ours to see, is told apart", async () => {
    const lifecycle = lifecycleThrough(user.quick);
    const missing = { ...inputs, reference: `${registry.address}/macos/base:none` };
    await assert.rejects(lifecycle.create(missing), { kind: "not-found" });
    user.setFaults({ command: "pull", kind: "http-403" });
    await assert.rejects(lifecycle.create(inputs), { kind: "access-denied" });
    await lifecycle.create(inputs);
  });

  test("create and remove, interrupted after any command and run again, end right", async () => {
    const lifecycle = lifecycleThrough(user.quick);
    for (const work of ["create", "remove"] as const) {
      for (let at = 0, isThrough = false; !isThrough; at++) {
        assert.ok(at < 40, "the work never gets through");
        if (work === "remove") await lifecycle.create(inputs);
        const exec = breakingExec(user.quick, at);
        const broken = lifecycleThrough(exec);
        const outs = { ...inputs, digest };
        const error = await (work === "create" ? broken.create(inputs) : broken.remove("id", outs)).catch((e) => e);
        isThrough = !exec.hasBroken;
        if (!isThrough) assert.ok(isFailure(error, "unreachable"), String(error));
        if (work === "create") {
          await lifecycle.create(inputs);
          assert.deepEqual(readdirSync(join(user.tartHome, "vms")), ["golden-base"]);
          const claim = JSON.parse(readFileSync(claimPath(), "utf8"));
          const { ecid } = user.vm("golden-base").readConfig();
          assert.deepEqual([claim.imageDigest, claim.ecid], [digest, ecid]);
        }
        await lifecycle.remove("id", outs);
        assert.deepEqual(readdirSync(join(user.tartHome, "vms")), []);
        assert.equal(existsSync(claimPath()), false);
      }
    }
  });

  test("a new reference stands beside the old one; the same name goes first", async () => {
    const { diff } = lifecycleThrough(user.quick);
    const olds = { ...inputs, digest };
    const moved = { ...inputs, reference: `${registry.address}/macos/base:15.6` };
    assert.deepEqual(await diff("id", olds, inputs), { changes: false, replaces: [], deleteBeforeReplace: false });
    const beside = await diff("id", olds, { ...moved, goldenName: "golden-new" });
    assert.deepEqual(beside, { changes: true, replaces: ["reference", "goldenName"], deleteBeforeReplace: false });
    assert.equal((await diff("id", olds, moved)).deleteBeforeReplace, true);
  });
});
