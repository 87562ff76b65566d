import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { classifySshFailure } from "../../../drivers/exec/ssh-errors.ts";
import { programLines, unpackRemote } from "../../../drivers/exec/ssh-remote.ts";

const texts = [
  { text: "Host key verification failed.", kind: "host-key-mismatch" },
  { text: "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", kind: "host-key-mismatch" },
  {
    text: "Unable to negotiate with 10.0.1.11 port 22: no matching host key type found. Their offer: ssh-rsa",
    kind: "host-key-mismatch",
  },
  { text: "admin@10.0.1.11: Permission denied (publickey,keyboard-interactive).", kind: "access-denied" },
  { text: "Received disconnect from 10.0.1.11 port 22:2: Too many authentication failures", kind: "access-denied" },
  { text: 'Load key "/tmp/k": error in libcrypto', kind: "access-denied" },
  { text: "ssh: connect to host 10.0.1.11 port 22: Connection refused", kind: "unreachable" },
  { text: "ssh: connect to host 10.0.1.11 port 22: Operation timed out", kind: "unreachable" },
  { text: "Connection timed out during banner exchange", kind: "unreachable" },
  { text: "ssh: Could not resolve hostname mini-1: nodename nor servname provided, or not known", kind: "unreachable" },
  { text: "ssh: connect to host 10.0.1.11 port 22: No route to host", kind: "unreachable" },
  { text: "kex_exchange_identification: Connection closed by remote host", kind: "unreachable" },
  { text: "Connection closed by 10.0.1.11 port 22", kind: "unreachable" },
  { text: "Something that no version says today", kind: "unreachable" },
] as const;
for (const { text, kind } of texts) {
  test(`"${text}" is ${kind}`, () => equal(classifySshFailure(text).kind, kind));
}

const ends = [
  {
    name: "what start-up files write is not the program's output",
    end: { exitCode: 3, signal: null, stdout: "Welcome\nmrf-1\nout\n", stderr: "motd\nmrf-1\nerr\n" },
    expect: { kind: "ended", exitCode: 3, stdout: "out\n", stderr: "err\n" },
  },
  {
    name: "255 with the marker is the program's own",
    end: { exitCode: 255, signal: null, stdout: "mrf-1\n", stderr: "mrf-1\noops\nmrf-1 255\n" },
    expect: { kind: "ended", exitCode: 255, stdout: "", stderr: "oops\n" },
  },
  {
    name: "255 without it is a lost connection",
    end: { exitCode: 255, signal: null, stdout: "mrf-1\n", stderr: "mrf-1\nConnection reset\n" },
    expect: { kind: "lost", stderr: "Connection reset\n" },
  },
  {
    name: "a local ssh that was killed is a lost connection",
    end: { exitCode: 143, signal: "SIGTERM", stdout: "mrf-1\n", stderr: "mrf-1\n" },
    expect: { kind: "lost", stderr: "" },
  },
  {
    name: "no marker at all: it did not start",
    end: { exitCode: 1, signal: null, stdout: "This account is not available.\n", stderr: "" },
    expect: { kind: "not-started", stderr: "" },
  },
  {
    name: "the shell found no such program",
    end: { exitCode: 127, signal: null, stdout: "", stderr: "mrf-1 missing\n" },
    expect: { kind: "program-missing" },
  },
] as const;
for (const { name, end, expect } of ends) {
  test(name, () => deepEqual(unpackRemote(end, "mrf-1"), expect));
}

test("only the program's own lines are passed on", () => {
  const lines: string[] = [];
  const onLine = programLines((line) => lines.push(line), "mrf-1");
  for (const line of ["Welcome", "mrf-1", "a", "mrf-1 255"]) onLine(line, "stderr");
  deepEqual(lines, ["a"]);
});
