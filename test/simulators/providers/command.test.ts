import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { newKeyPair } from "../../../simulators/mac/keys.ts";
import { type Mac, startMac } from "../../../simulators/mac/server.ts";
import { commandProvider } from "../../../simulators/providers/command/provider.ts";
import { resourceOf, secret } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "command-"));
after(() => rmSync(folder, { recursive: true }));

const local = resourceOf(commandProvider, "command:local:Command");

describe("a local command", () => {
  const log = join(folder, "log");
  const args = {
    create: `echo "create $WHO" | tee -a "${log}"; echo note >&2`,
    delete: `echo "delete after $PULUMI_COMMAND_STDOUT" >> "${log}"`,
    environment: { WHO: "me" },
  };

  test("runs at creation, and its last command knows what the first one wrote", async () => {
    const { id, outs } = await local.up(args);
    ok(id.startsWith("thing"));
    deepEqual([outs.stdout, outs.stderr], ["create me", "note"]);
    await local.delete(id, outs);
    equal(readFileSync(log, "utf8"), "create me\ndelete after create me\n");
  });

  test("runs `update` on a change, or `create` where there is none", async () => {
    const { id, outs } = await local.up({ create: "echo created" });
    const again = await local.update(id, outs, { create: "echo again" });
    equal(again.outs.stdout, "again");
    const news = { create: "echo again", update: 'echo "updated after $PULUMI_COMMAND_STDOUT"' };
    equal((await local.update(id, again.outs, news)).outs.stdout, "updated after again");
    const untold = { ...news, addPreviousOutputInEnv: false };
    equal((await local.update(id, again.outs, untold)).outs.stdout, "updated after ");
  });

  test("without a command for it nothing runs and the output stays", async () => {
    const { id, outs } = await local.up({ delete: "false" });
    deepEqual([outs.stdout, outs.stderr], ["", ""]);
    equal((await local.update(id, { ...outs, stdout: "old" }, { delete: "true" })).outs.stdout, "old");
  });

  test("takes stdin, a folder and another interpreter", async () => {
    const { outs } = await local.up({
      create: "pwd; cat",
      stdin: "in",
      dir: "/",
      interpreter: ["/bin/sh", "-e", "-c"],
    });
    equal(outs.stdout, "/\nin");
  });

  test("a failure shows the exit code and what was written", async () => {
    await rejects(local.up({ create: "echo out; echo err >&2; exit 3" }), /exit status 3: running ".*":\nout\nerr/s);
  });

  test("a change of triggers replaces, unless there is a command for updates", async () => {
    const { outs } = await local.up({ create: "true", triggers: [1] });
    deepEqual((await local.diff(outs, { ...outs, triggers: [2] })).replaces, ["triggers"]);
    deepEqual((await local.diff(outs, { ...outs, triggers: [2], update: "true" })).replaces, []);
    deepEqual((await local.diff(outs, { ...outs, create: "echo" })).replaces, []);
  });

  test("output of a secret command is secret", async () => {
    const { outs } = await local.up({ create: secret("echo s"), environment: { A: "plain" } });
    deepEqual(outs.stdout, secret("s"));
    deepEqual((await local.up({ create: 'echo "$A"', environment: { A: secret("s") } })).outs.stdout, secret("s"));
  });

  test("unknown arguments are refused", async () => {
    deepEqual(
      (await local.check({ crate: "true" })).failures?.map(({ property }) => property),
      ["crate"],
    );
  });
});

test("a Mac shows its ECDSA key first, so that a declared Ed25519 key is taken for a stranger's, as with the vendor", async () => {
  const [hostKey, userKey] = [newKeyPair("ed25519"), newKeyPair()];
  const options = { name: "mini-2", root: join(folder, "mac-of-ed25519"), hostKey: hostKey.privateKey };
  const mac = await startMac({ ...options, authorizedKey: userKey.publicLine });
  try {
    const host = { host: "127.0.0.1", port: mac.port, user: "admin", dialErrorLimit: 0 };
    const connection = { ...host, privateKey: userKey.privateKey, hostKey: hostKey.publicLine };
    await rejects(
      resourceOf(commandProvider, "command:remote:Command").up({ connection, create: "true" }),
      /Host denied/,
    );
  } finally {
    await mac.close();
  }
});

describe("a remote command", () => {
  const remote = resourceOf(commandProvider, "command:remote:Command");
  const hostKey = newKeyPair("ecdsa");
  const userKey = newKeyPair();
  let mac: Mac;
  let connection: Record<string, unknown>;
  before(async () => {
    const options = { name: "mini-1", root: join(folder, "mac"), hostKey: hostKey.privateKey };
    mac = await startMac({ ...options, authorizedKey: userKey.publicLine });
    connection = {
      host: "127.0.0.1",
      port: mac.port,
      user: "admin",
      privateKey: userKey.privateKey,
      hostKey: mac.hostKeyLine,
      dialErrorLimit: 0,
    };
  });
  after(() => mac.close());

  test("runs on the Mac, with its connection kept secret", async () => {
    const given = { connection: secret(connection), create: "scutil --get ComputerName; cat", stdin: "in" };
    const { id, outs } = await remote.up(given);
    deepEqual(outs.stdout, "mini-1\nin");
    deepEqual(outs.connection, secret(connection));
    await remote.delete(id, outs);
  });

  test("a failure shows the exit code and what was written", async () => {
    const create = "echo out; echo err >&2; exit 3";
    await rejects(remote.up({ connection, create }), /Process exited with status 3: running ".*":\nout\nerr/s);
  });

  test("a variable that the Mac's sshd does not take is an error, as with the vendor", async () => {
    const create = 'echo "$LC_NOTE"';
    await rejects(remote.up({ connection, create, environment: { TOKEN: "t" } }), /could not set .* "TOKEN"/);
  });

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["another host key", { hostKey: newKeyPair("ecdsa").publicLine }, /Host denied/],
    ["another user key", { privateKey: newKeyPair().privateKey }, /authentication methods failed/],
    ["another port", { port: 1 }, /ECONNREFUSED/],
  ];
  for (const [name, change, text] of wrong) {
    test(`${name} is an error`, async () => {
      await rejects(remote.up({ connection: { ...connection, ...change }, create: "true" }), text);
    });
  }

  test("a Mac that is late is tried again", async () => {
    await mac.close();
    const late = remote.up({ connection: { ...connection, dialErrorLimit: 10 }, create: "echo late" });
    const options = { name: "mini-1", root: join(folder, "mac"), hostKey: hostKey.privateKey, port: mac.port };
    mac = await startMac({ ...options, authorizedKey: userKey.publicLine });
    equal((await late).outs.stdout, "late");
  });

  test("arguments are checked inside the connection too", async () => {
    const { failures } = await remote.check({ connection: { hots: "a" } });
    deepEqual(
      failures?.map(({ property }) => property),
      ["connection.host", "connection.hots"],
    );
  });
});
