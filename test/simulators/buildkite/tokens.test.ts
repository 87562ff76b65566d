import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { clusterTokens } from "../../../drivers/buildkite/tokens.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { agentCall, buildkite } from "./support.ts";

const server = await buildkite();
const access = { url: server.restUrl, organization: server.state.organization, apiToken: server.apiToken };
const tokens = clusterTokens(access, server.state.clusterId);
const inAnHour = () => new Date(server.clock.now() + 3_600_000);
const register = (secret: string, name: string) =>
  agentCall(server, secret, "POST", "register", { name, hostname: name, meta_data: ["queue=default"] });

test("an agent token registers agents until it expires; who has registered stays", async () => {
  const { secret } = await tokens.create({ description: "for an hour", expiresAt: inAnHour() });
  const { status, body } = await register(secret, "early");
  equal(status, 200);
  equal((await agentCall(server, body.access_token, "POST", "connect")).status, 200);
  server.clock.advance(3599);
  equal((await agentCall(server, body.access_token, "POST", "heartbeat", {})).status, 401, "silent for too long");
  const { body: late } = await register(secret, "late");
  server.clock.advance(1);
  equal((await register(secret, "too late")).status, 401);
  equal((await agentCall(server, late.access_token, "POST", "connect")).status, 200);
});

test("a deleted token registers nobody, and the agent that came with it stays connected", async () => {
  const { id, secret } = await tokens.create({ description: "to be deleted", expiresAt: inAnHour() });
  const { body } = await register(secret, "first");
  await agentCall(server, body.access_token, "POST", "connect");
  await tokens.delete(id);
  await tokens.delete(id);
  equal((await register(secret, "second")).status, 401);
  equal((await agentCall(server, body.access_token, "POST", "heartbeat", {})).status, 200);
});

test("a list shows every token and no secret", async () => {
  const before = (await tokens.list()).length;
  const { id, secret } = await tokens.create({ description: "listed", expiresAt: inAnHour() });
  const listed = await tokens.list();
  equal(listed.length, before + 1);
  const found = listed.find((token) => token.id === id);
  deepEqual([found?.description, found?.expiresAt], ["listed", inAnHour().toISOString()]);
  ok(!JSON.stringify(listed).includes(secret));
});

test("another cluster and a time that is over are refused", async () => {
  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  ok(isFailure(await refused(clusterTokens(access, "another").list()), "not-found"));
  const past = new Date(server.clock.now() - 1000);
  ok(isFailure(await refused(tokens.create({ description: "late", expiresAt: past })), "invalid-argument"));
});
