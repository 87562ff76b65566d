import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { z } from "zod";
import { agentApi, restApi } from "../../../drivers/buildkite/access.ts";
import { DriverError, isFailure } from "../../../drivers/errors.ts";
import { githubApi } from "../../../drivers/github/access.ts";
import { type JsonApi, jsonApi, type Surroundings } from "../../../drivers/http/api.ts";
import { RateLimited } from "../../../drivers/http/failures.ts";

const token = "s3cret-token";
const schema = z.object({ ok: z.boolean() });

/** A server that gives these answers in turn, and a clock that only sleeping moves. */
function scripted(...answers: (Response | Error)[]) {
  const requests: { url: string; headers: Record<string, string>; signal: AbortSignal }[] = [];
  const slept: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  const around: Surroundings = {
    fetch: async (input, init) => {
      requests.push({
        url: String(input),
        headers: init?.headers as Record<string, string>,
        signal: init?.signal as AbortSignal,
      });
      const answer = answers.shift() ?? new Error("no more answers");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    now: () => now,
    sleep: async (seconds) => {
      slept.push(seconds);
      now += seconds * 1000;
    },
  };
  return { requests, slept, around };
}

const buildkite = (around: Surroundings) =>
  restApi({ organization: "acme", apiToken: token, url: "http://bk" }, around);
const github = (around: Surroundings) => githubApi({ organization: "acme", token, url: "http://gh" }, around);
const good = () => Response.json({ ok: true });
const bad = (status: number, headers: Record<string, string> = {}, message = "no") =>
  Response.json({ message }, { status, headers });

const at = Date.UTC(2026, 0, 1) / 1000;
const waits: { name: string; speak: (around: Surroundings) => JsonApi; answer: Response; seconds: number }[] = [
  { name: "Buildkite: Retry-After", speak: buildkite, answer: bad(429, { "Retry-After": "7" }), seconds: 7 },
  { name: "Buildkite: RateLimit-Reset", speak: buildkite, answer: bad(429, { "RateLimit-Reset": "12" }), seconds: 12 },
  { name: "GitHub: 429 with Retry-After", speak: github, answer: bad(429, { "Retry-After": "5" }), seconds: 5 },
  { name: "GitHub: 403 with Retry-After", speak: github, answer: bad(403, { "Retry-After": "5" }), seconds: 5 },
  {
    name: "GitHub: 403 with no calls left until a time",
    speak: github,
    answer: bad(403, { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": String(at + 9) }),
    seconds: 9,
  },
];
for (const { name, speak, answer, seconds } of waits) {
  test(`a rate limit is waited out, even for a write (${name})`, async () => {
    const { around, slept, requests } = scripted(answer, good());
    const request = { what: "asking", method: "POST", path: "/x", schema } as const;
    assert.deepEqual((await speak(around).call(request)).data, { ok: true });
    assert.deepEqual([slept, requests.length], [[seconds], 2]);
  });
}

const tooLong: { name: string; speak: (around: Surroundings) => JsonApi; answer: Response; seconds: number }[] = [
  { name: "longer than the call may take", speak: buildkite, answer: bad(429, { "Retry-After": "42" }), seconds: 42 },
  { name: "of unknown length at Buildkite", speak: buildkite, answer: bad(429), seconds: 60 },
  { name: "in words alone at GitHub", speak: github, answer: bad(403, {}, "secondary rate limit"), seconds: 60 },
];
for (const { name, speak, answer, seconds } of tooLong) {
  test(`a rate limit ${name} is a failure that says when to come again`, async () => {
    const { around, slept } = scripted(answer);
    const failure = await speak(around)
      .call({ what: "asking", path: "/x", schema })
      .catch((error) => error);
    assert.ok(failure instanceof RateLimited);
    assert.equal(failure.retryAfterSeconds, seconds);
    assert.ok(isFailure(failure, "rate-limited"));
    assert.deepEqual(slept, []);
  });
}

test("403 at GitHub is a matter of rights when nothing speaks of a rate", async () => {
  const { around } = scripted(bad(403, { "X-RateLimit-Remaining": "4000" }, "Resource not accessible by integration"));
  const call = github(around).call({ what: "asking", path: "/x", schema });
  await assert.rejects(call, (error) => isFailure(error, "access-denied"));
});

test("a read is tried three times, a write once", async () => {
  const reads = scripted(bad(500), new TypeError("fetch failed"), good());
  assert.equal((await buildkite(reads.around).call({ what: "asking", path: "/x", schema })).status, 200);
  assert.deepEqual(reads.slept, [0.5, 1]);

  const writes = scripted(bad(500), good());
  const write = buildkite(writes.around).call({ what: "asking", method: "PUT", path: "/x", schema });
  await assert.rejects(write, (error) => isFailure(error, "failed"));
  assert.equal(writes.requests.length, 1);
});

const kinds = [
  [400, "invalid-argument"],
  [401, "access-denied"],
  [404, "not-found"],
  [409, "already-exists"],
  [422, "invalid-argument"],
] as const;
for (const [status, kind] of kinds) {
  test(`HTTP ${status} is ${kind} and keeps the vendor's words`, async () => {
    const call = buildkite(scripted(bad(status, {}, "vendor words")).around).call({
      what: "asking",
      path: "/x",
      schema,
    });
    await assert.rejects(call, (error) => isFailure(error, kind) && error.vendorText === "vendor words");
  });
}

test("what is not the JSON that we know is unexpected output", async () => {
  for (const answer of [Response.json({ ok: "yes" }), new Response("<html>"), new Response("")]) {
    const call = buildkite(scripted(answer).around).call({ what: "asking", path: "/x", schema });
    await assert.rejects(call, (error) => isFailure(error, "unexpected-output"));
  }
});

test("the token is in the Authorization header and in no failure", async () => {
  const { around, requests } = scripted(bad(401, {}, `bad token ${token}`));
  const failure = await agentApi({ agentToken: token, url: "http://bk" }, around)
    .call({ what: "asking", path: "/x", query: { a: 1 }, schema })
    .catch((error) => error);
  assert.ok(failure instanceof DriverError);
  assert.equal(inspect(failure, { depth: 9 }).includes(token), false);
  assert.equal(requests[0]?.headers.Authorization, `Token ${token}`);
  assert.equal(requests[0]?.url, "http://bk/x?a=1");
});

test("a token that no header can hold is refused without showing it", () => {
  const dialect = { baseUrl: "http://bk", scheme: "Bearer", rateLimitSeconds: () => undefined } as const;
  for (const wrong of ["", "two words", "line\nbreak"]) {
    const failure = assert.throws.bind(undefined, () => jsonApi({ ...dialect, token: wrong }));
    failure(
      (error: unknown) => isFailure(error, "invalid-argument") && (wrong === "" || !error.message.includes(wrong)),
    );
  }
});

test("pages are followed on the same host only", async () => {
  const next = new Response('{"ok":true}', { headers: { Link: '<http://elsewhere/y?page=2>; rel="next"' } });
  const { around, requests } = scripted(next, good());
  const pages = await buildkite(around).pages({ what: "listing", path: "/y", query: { per_page: 1 }, schema });
  assert.equal(pages.length, 2);
  assert.deepEqual(
    requests.map(({ url }) => url),
    ["http://bk/y?per_page=1", "http://bk/y?page=2"],
  );
});

test("pages that go round are a failure, not an endless list", async () => {
  const again = () => new Response('{"ok":true}', { headers: { Link: '<http://bk/y?page=2>; rel="next"' } });
  const pages = buildkite(scripted(again(), again()).around).pages({ what: "listing", path: "/y", schema });
  await assert.rejects(pages, (error) => isFailure(error, "unexpected-output"));
});

test("an aborted call says so, before and while it waits for a rate limit", async () => {
  const stop = new AbortController();
  const { around } = scripted(bad(429, { "Retry-After": "5" }));
  around.sleep = async (_seconds, signal) => {
    stop.abort();
    signal.throwIfAborted();
  };
  const call = buildkite(around).call({ what: "asking", path: "/x", schema, signal: stop.signal });
  await assert.rejects(call, (error) => isFailure(error, "aborted"));
});
