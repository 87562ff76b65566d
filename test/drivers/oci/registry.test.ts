import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { parseChallenge } from "../../../drivers/oci/auth.ts";
import { ociRegistry } from "../../../drivers/oci/registry.ts";
import { publishImage } from "../../../simulators/registry/publish.ts";
import type { RegistryServer } from "../../../simulators/registry/server.ts";
import { testRegistry } from "../../simulators/tart/support.ts";

describe("a real registry", () => {
  let server: RegistryServer;
  let digest: string;
  before(async () => {
    server = await testRegistry();
    digest = await publishImage(server.address, "macos/base", "1");
  });
  after(() => server.close());
  const registry = () => ociRegistry({ address: server.address, insecure: true });

  test("says what it has", async () => {
    await registry().ping();
    assert.equal(await registry().headManifest("macos/base", "1"), digest);
    assert.equal(await registry().headManifest("macos/base", "2"), undefined);
    assert.equal(await registry().headManifest("macos/none", "1"), undefined);
    const manifest = await registry().getManifest("macos/base", digest);
    assert.deepEqual([manifest.digest, manifest.mediaType], [digest, "application/vnd.oci.image.manifest.v1+json"]);
    assert.equal(JSON.parse(manifest.body).layers.length, 3);
    await assert.rejects(registry().getManifest("macos/base", "2"), {
      kind: "not-found",
      vendorText: /MANIFEST_UNKNOWN/,
    });
  });

  test("tags and deletes, as often as asked", async () => {
    const old = await publishImage(server.address, "macos/tags", "old", { diskContent: ["old"] });
    const now = await publishImage(server.address, "macos/tags", "now", { diskContent: ["now"] });
    assert.equal(await registry().retag("macos/tags", now, "stable"), now);
    assert.equal(await registry().retag("macos/tags", "now", "stable"), now);
    assert.deepEqual(await registry().listTags("macos/tags"), ["now", "old", "stable"]);
    await registry().deleteManifest("macos/tags", old);
    await registry().deleteManifest("macos/tags", old);
    assert.equal(await registry().headManifest("macos/tags", old), undefined);
    assert.equal(await registry().headManifest("macos/tags", "stable"), now);
    assert.deepEqual(await registry().listTags("macos/none"), []);
  });

  test("is out of reach by TLS, and when it is gone", async () => {
    await assert.rejects(ociRegistry({ address: server.address }).ping(), { kind: "unreachable", hint: /insecure/ });
    await assert.rejects(ociRegistry({ address: "127.0.0.1:1", insecure: true }).ping(), { kind: "unreachable" });
  });
});

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

describe("registries that answer otherwise", () => {
  let server: Server | undefined;
  afterEach(() => server?.closeAllConnections());
  afterEach(() => void server?.close());

  /** Starts a server; an undefined answer is silence. */
  const fake = async (answer: (request: IncomingMessage, address: string) => Answer | undefined) => {
    server = createServer((request, response) => {
      const found = answer(request, address);
      if (found) response.writeHead(found.status ?? 200, found.headers).end(found.body ?? "{}");
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return address;
  };
  const credentials = { username: "ci", password: "s3cret" };

  test("a token is fetched with the credentials and used", async () => {
    const seen: string[] = [];
    const address = await fake(({ url, headers }, self) => {
      seen.push(`${url} ${headers.authorization ?? "-"}`);
      if (url?.startsWith("/token")) return { body: '{"token":"t1"}' };
      if (headers.authorization === "Bearer t1") return {};
      const challenge = `Bearer realm="http://${self}/token",service="reg",scope="repository:a:pull"`;
      return { status: 401, headers: { "WWW-Authenticate": challenge } };
    });
    const registry = ociRegistry({ address, insecure: true, credentials });
    await registry.ping();
    await registry.ping();
    const basic = `Basic ${Buffer.from("ci:s3cret").toString("base64")}`;
    const token = `/token?service=reg&scope=repository%3Aa%3Apull ${basic}`;
    assert.deepEqual(seen, ["/v2/ -", token, "/v2/ Bearer t1", "/v2/ Bearer t1"]);
  });

  test("wrong credentials are refused, and in no message", async () => {
    const address = await fake(() => ({ status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } }));
    await assert.rejects(ociRegistry({ address, insecure: true, credentials }).ping(), (error: Error) => {
      assert.equal((error as { kind?: string }).kind, "access-denied");
      assert.ok(!`${error.message}${error.stack}`.includes("s3cret"));
      return true;
    });
  });

  test("no credentials go to a token server without TLS when the registry has it", async () => {
    const headers = { "WWW-Authenticate": 'Bearer realm="http://elsewhere.example/token"' };
    const stub = async () => new Response("", { status: 401, headers });
    const registry = ociRegistry({ address: "registry.example", credentials }, stub);
    await assert.rejects(registry.ping(), { kind: "access-denied", vendorText: /elsewhere/ });
  });

  const statuses = [
    { status: 403, kind: "access-denied" },
    { status: 404, kind: "not-found" },
    { status: 429, kind: "rate-limited" },
    { status: 500, kind: "failed" },
  ] as const;
  for (const { status, kind } of statuses) {
    test(`HTTP ${status} is ${kind}, with the registry's words`, async () => {
      const address = await fake(() => ({ status, body: "the reason" }));
      await assert.rejects(ociRegistry({ address, insecure: true }).ping(), { kind, vendorText: "the reason" });
    });
  }

  test("tags come in pages", async () => {
    const address = await fake(({ url }) =>
      url?.includes("last=b")
        ? { body: '{"tags":["c"]}' }
        : { body: '{"tags":["a","b"]}', headers: { Link: '</v2/x/tags/list?last=b&n=2>; rel="next"' } },
    );
    assert.deepEqual(await ociRegistry({ address, insecure: true }).listTags("x"), ["a", "b", "c"]);
  });

  test("a repository whose tags were all deleted has none; another shape is an error", async () => {
    const address = await fake(({ url }) => ({ body: url?.includes("/empty/") ? '{"tags":null}' : '{"tags":7}' }));
    const registry = ociRegistry({ address, insecure: true });
    assert.deepEqual(await registry.listTags("empty"), []);
    await assert.rejects(registry.listTags("odd"), { kind: "unexpected-output" });
  });

  test("content that is not what the digest says is refused", async () => {
    const address = await fake(() => ({ body: "{}" }));
    const registry = ociRegistry({ address, insecure: true });
    await assert.rejects(registry.getManifest("x", `sha256:${"0".repeat(64)}`), { kind: "unexpected-output" });
  });

  test("silence ends by time or by whoever asked", async () => {
    const address = await fake(() => undefined);
    const registry = ociRegistry({ address, insecure: true });
    await assert.rejects(registry.ping({ timeoutSeconds: 0.05 }), { kind: "timeout" });
    const abort = new AbortController();
    const asked = registry.ping({ signal: abort.signal });
    abort.abort();
    await assert.rejects(asked, { kind: "aborted" });
  });
});

const challenges: [string | null, object | undefined][] = [
  [null, undefined],
  ["Negotiate", undefined],
  ["Bearer", undefined],
  ['basic realm="x"', { scheme: "basic" }],
  ['Bearer realm="https://a/t",service="s"', { scheme: "bearer", realm: "https://a/t", service: "s" }],
  [
    "Bearer realm=https://a/t, scope=repository:a:pull",
    { scheme: "bearer", realm: "https://a/t", scope: "repository:a:pull" },
  ],
];
for (const [header, expected] of challenges) {
  test(`the challenge ${header}`, () => assert.deepEqual(parseChallenge(header), expected));
}
