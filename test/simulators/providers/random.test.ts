import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { randomProvider } from "../../../simulators/providers/random/provider.ts";
import { resourceOf } from "./support.ts";

const ids = resourceOf(randomProvider, "random:index/randomId:RandomId");
const integers = resourceOf(randomProvider, "random:index/randomInteger:RandomInteger");

test("a random id has the same bytes in all its forms", async () => {
  const { id, outs } = await ids.up({ byteLength: 4, prefix: "fleet-" });
  const bytes = Buffer.from(id, "base64url");
  equal(bytes.length, 4);
  deepEqual(outs, {
    byteLength: 4,
    prefix: "fleet-",
    hex: `fleet-${bytes.toString("hex")}`,
    dec: `fleet-${bytes.readUInt32BE()}`,
    b64Std: `fleet-${bytes.toString("base64")}`,
    b64Url: `fleet-${id}`,
  });
  notEqual((await ids.up({ byteLength: 4 })).id, id);
});

test("no byte at all is refused, and keepers replace", async () => {
  equal((await ids.check({ byteLength: 0 })).failures?.length, 1);
  const { outs } = await ids.up({ byteLength: 4, keepers: { image: "1" } });
  deepEqual((await ids.diff(outs, { byteLength: 4, keepers: { image: "2" } })).replaces, ["keepers"]);
  equal((await ids.diff(outs, { byteLength: 4, keepers: { image: "1" } })).changes, false);
});

test("a random integer lies in its range and is steady for a seed", async () => {
  for (let i = 0; i < 20; i += 1) {
    const { result } = (await integers.up({ min: 3, max: 5 })).outs;
    ok(Number(result) >= 3 && Number(result) <= 5);
  }
  const seeded = { min: 0, max: 1000, seed: "a" };
  equal((await integers.up(seeded)).outs.result, (await integers.up(seeded)).outs.result);
  equal((await integers.check({ min: 5, max: 3 })).failures?.[0]?.property, "min");
});

describe("as a plugin that the engine started", () => {
  const require = createRequire(import.meta.url);
  const grpc = require("@grpc/grpc-js");
  const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
  const messages = require("@pulumi/pulumi/proto/provider_pb.js");
  const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js");
  const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
  const urn = "urn:pulumi:stack::project::random:index/randomId:RandomId::id";
  let plugin: ChildProcess;
  let client: InstanceType<typeof ResourceProviderClient>;

  before(async () => {
    const program = join(import.meta.dirname, "../../../simulators/providers/random/main.ts");
    plugin = spawn(process.execPath, [program, "127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(plugin.stdout?.setEncoding("utf8") ?? plugin, "data");
    client = new ResourceProviderClient(`127.0.0.1:${port.trim()}`, grpc.credentials.createInsecure());
  });
  after(async () => {
    client.close();
    plugin.kill();
    await once(plugin, "exit");
  });

  /** Makes one call of the plugin protocol. */
  function call(method: string, request: unknown) {
    return promisify(client[method].bind(client))(request);
  }

  test("it tells its version and takes any configuration", async () => {
    equal((await call("getPluginInfo", new Empty())).getVersion(), "4.21.2");
    const request = new messages.ConfigureRequest();
    request.getVariablesMap().set("random:config:anything", "x");
    ok((await call("configure", request)).getAcceptsecrets());
  });

  test("it checks and creates over the wire", async () => {
    const check = new messages.CheckRequest();
    check.setUrn(urn);
    check.setOlds(Struct.fromJavaScript({}));
    check.setNews(Struct.fromJavaScript({ byteLength: 2, bytes: 3 }));
    const [failure] = (await call("check", check)).getFailuresList();
    equal(failure.getProperty(), "bytes");

    const create = new messages.CreateRequest();
    create.setUrn(urn);
    create.setProperties(Struct.fromJavaScript({ byteLength: 2 }));
    const made = await call("create", create);
    equal(made.getProperties().toJavaScript().hex, Buffer.from(made.getId(), "base64url").toString("hex"));
  });
});
