import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { apiUrlProblem, fetchClusterInfo } from "../../../drivers/orka/cluster-info.ts";
import { openSession } from "../../../drivers/orka/session.ts";
import { inProcessExec, openOrka, placeOf, testCluster, watchedExec } from "./support.ts";

const cluster = await testCluster();

/** A service that answers as told. */
async function service(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json =
  (body: unknown): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify(body));

test("the token is in no argument and in no variable, only in a file that nobody else can read", async () => {
  const { exec, calls } = watchedExec();
  const session = await openSession(exec, placeOf(cluster), cluster.token);
  const home = session.env.HOME as string;
  const kubeconfig = session.env.KUBECONFIG as string;
  assert.ok(!JSON.stringify(calls).includes(cluster.token));
  assert.equal(statSync(home).mode & 0o777, 0o700);
  assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
  assert.ok(readFileSync(kubeconfig, "utf8").includes(cluster.token));
  session.close();
  assert.ok(!existsSync(home));
});

test("two clusters at a time do not mix up their settings", async () => {
  const other = await testCluster({ token: "other" });
  const [one, two] = [await openOrka(cluster), await openOrka(other)];
  assert.equal(await one.apiUrl(), cluster.url);
  assert.equal(await two.apiUrl(), other.url);
  await two.images.copy("sonoma-90gb", "only-there");
  assert.ok(!(await one.images.list()).some((image) => image.name === "only-there"));
});

test("the certificate authority of the cluster gets into the kubeconfig", async () => {
  const certData = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const url = await service(json({ apiDomain: "10.0.0.9", certData }));
  const session = await openSession(inProcessExec(), { apiUrl: url, namespace: "orka-ci" }, "token");
  const config = JSON.parse(readFileSync(session.env.KUBECONFIG as string, "utf8"));
  session.close();
  assert.equal(config.clusters[0].cluster.server, "https://10.0.0.9");
  assert.equal(Buffer.from(config.clusters[0].cluster["certificate-authority-data"], "base64").toString(), certData);
  assert.equal(config.contexts[0].context.namespace, "orka-ci");
});

test("a process that ends takes its homes with it, and one that was killed leaves them to the next", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const left = join(tmpdir(), `mac-runner-fleet-orka-${dead}-abc`);
  const alive = mkdtempSync(join(tmpdir(), `mac-runner-fleet-orka-${process.ppid}-`));
  mkdirSync(left);
  const script = `
    import { openSession } from ${JSON.stringify(new URL("../../../drivers/orka/session.ts", import.meta.url).href)};
    const exec = { where: "here", run: async () => ({ exitCode: 0, stdout: "", stderr: "" }) };
    const session = await openSession(exec, ${JSON.stringify(placeOf(cluster))}, "token");
    console.log(session.env.HOME);`;
  const child = await runNode(script);
  const home = child.trim();
  assert.match(home, /mac-runner-fleet-orka-/);
  assert.ok(!existsSync(home), "its own home is gone");
  assert.ok(!existsSync(left), "that of a dead process is gone");
  assert.ok(existsSync(alive), "that of a living one is not touched");
  rmSync(alive, { recursive: true });
});

/** Not spawnSync: the cluster that the script talks to is in this process. */
async function runNode(script: string): Promise<string> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}

test("a bad token, namespace or URL is told before anything is asked", async () => {
  const { exec, calls } = watchedExec();
  await assert.rejects(openSession(exec, placeOf(cluster), " \n"), {
    kind: "invalid-argument",
    message: /token is empty/,
  });
  await assert.rejects(openSession(exec, placeOf(cluster, "default"), "token"), { kind: "invalid-argument" });
  await assert.rejects(openSession(exec, { apiUrl: `${cluster.url}/`, namespace: "orka-default" }, "token"), {
    kind: "invalid-argument",
    message: /must not end in a slash/,
  });
  assert.deepEqual(calls, []);
});

for (const url of ["", "10.221.188.20", "ftp://10.0.0.1", "http://"]) {
  test(`${JSON.stringify(url)} is no service URL`, () => assert.match(apiUrlProblem(url) ?? "", /must be a URL/));
}

test("a service that is not Orka, refuses, is not there or hangs is told apart", async () => {
  const notOrka = await service((_request, response) => void response.end("<html>hello</html>"));
  await assert.rejects(fetchClusterInfo(notOrka), { kind: "unexpected-output", message: /Orka 3 cluster/ });
  const broken = await service((_request, response) => void response.writeHead(502).end("bad gateway"));
  await assert.rejects(fetchClusterInfo(broken), { kind: "unreachable", message: /HTTP 502/ });
  await assert.rejects(fetchClusterInfo("http://127.0.0.1:1"), { kind: "unreachable" });
  const controller = new AbortController();
  const hangs = await service(() => controller.abort());
  await assert.rejects(fetchClusterInfo(hangs, controller.signal), { kind: "aborted" });
});

test("a home is not left behind when orka3 cannot be set up", async () => {
  let home = "";
  const exec = {
    where: "here",
    run: async (command: { env?: Readonly<Record<string, string>> }) => {
      home = command.env?.HOME ?? "";
      return { exitCode: 1, stdout: "", stderr: "Error: unknown flag: --api-url" };
    },
  };
  await assert.rejects(openSession(exec, placeOf(cluster), "token"), { kind: "invalid-argument" });
  assert.ok(home !== "" && !existsSync(home));
});
