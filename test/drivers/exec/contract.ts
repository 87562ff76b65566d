import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DriverError, type FailureKind, isFailure } from "../../../drivers/errors.ts";
import type { Command, Exec } from "../../../drivers/exec/types.ts";

/** A place to run programs, and how to leave it. */
export interface Place {
  exec: Exec;
  close(): Promise<void>;
}

/** Runs a program with a generous time limit. */
export function runIn(exec: Exec, argv: Command["argv"], more: Partial<Command> = {}) {
  return exec.run({ argv, timeoutSeconds: 30, ...more });
}

/** A check for `rejects`: a DriverError of this kind. */
export function failure(kind: FailureKind, text = /.*/) {
  return (error: unknown) => {
    ok(isFailure(error, kind), `${error}`);
    ok(text.test(String(error)), `${error}`);
    return true;
  };
}

/** Waits for the process to be gone; a zombie counts as gone. */
export async function waitUntilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
    if (state === "" || state.startsWith("Z")) return;
    await sleep(20);
  }
  throw new Error(`process ${pid} still runs`);
}

const ODD_WORDS = [
  "",
  " ",
  "two words",
  "it's",
  '"quoted"',
  "$HOME",
  "$(id)",
  "`id`",
  "*",
  "~",
  "a\\b",
  "!",
  "line\nbreak",
  "\ttab",
  "naïve 日本 😀",
  "-n",
  "--",
  ";",
  "&&",
  "#",
  "=x",
  "%1",
];
const EXIT_CODES = [0, 1, 42, 126, 127, 254, 255];

/** What every `Exec` promises. The same tests run for each. */
export function execContract(open: () => Promise<Place>): void {
  let place: Place;
  const run: (argv: Command["argv"], more?: Partial<Command>) => ReturnType<Exec["run"]> = (argv, more) =>
    runIn(place.exec, argv, more);

  before(async () => {
    place = await open();
  });
  after(() => place.close());

  test("odd arguments arrive as they were", async () => {
    const { stdout } = await run(["printf", "%s\\0", ...ODD_WORDS]);
    deepEqual(stdout.split("\0").slice(0, -1), ODD_WORDS);
  });

  for (const code of EXIT_CODES) {
    test(`exit code ${code} is a result`, async () => {
      const end = await run(["sh", "-c", `echo out; echo err >&2; exit ${code}`]);
      deepEqual(end, { exitCode: code, stdout: "out\n", stderr: "err\n" });
    });
  }

  test("a program that a signal ended has the exit code that a shell would show", async () => {
    equal((await run(["sh", "-c", "kill -KILL $$"])).exitCode, 137);
  });

  test("stdin arrives byte for byte, and ends", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
    const { stdout } = await run(["cksum"], { stdin: bytes });
    equal(stdout, spawnSync("cksum", { input: bytes, encoding: "utf8" }).stdout);
  });

  test("without stdin a program reads nothing", async () => {
    equal((await run(["cat"])).stdout, "");
  });

  test("a program may leave its stdin unread", async () => {
    equal((await run(["true"], { stdin: "x".repeat(1_000_000) })).exitCode, 0);
  });

  test("large output is whole, characters of several bytes too", async () => {
    const text = "aé日😀".repeat(300_000);
    const { stdout } = await run(["cat"], { stdin: text });
    ok(stdout === text, "the text came back changed");
  });

  test("variables reach the program, and no command line on this computer shows them", async () => {
    const value = `s3cret-${Math.random()} with 'quotes' "and" \\ $dollars é `;
    const { stdout } = await run(["sh", "-c", 'ps -A -ww -o args=; printf "<%s>" "$TOKEN"'], { env: { TOKEN: value } });
    ok(stdout.endsWith(`<${value}>`), "the value did not arrive");
    equal(stdout.indexOf(value.slice(0, 12)), stdout.length - value.length - 1);
    ok(stdout.includes("ps -A"), "ps shows nothing");
  });

  test("a variable that cannot be passed is refused without repeating its value", async () => {
    for (const [name, value] of [
      ["NOT A NAME", "s3cret"],
      ["x;id", "s3cret"],
      ["GOOD", "s3cret\0"],
    ] as const) {
      await rejects(run(["true"], { env: { [name]: value } }), (error) => {
        ok(isFailure(error, "invalid-argument"));
        return !String(error).includes("s3cret");
      });
    }
  });

  test("a missing program is told from one that fails", async () => {
    await rejects(run(["no-such-program"]), failure("program-missing", /no-such-program/));
    await rejects(run(["/no/such/program"]), failure("program-missing"));
    await rejects(run(["/etc/passwd"]), failure("program-missing"));
  });

  test("at its time-out a program ends with all that it started", async () => {
    const pids: number[] = [];
    const onLine = (line: string) => pids.push(Number(line));
    const program = run(["sh", "-c", "sleep 300 & echo $!; echo $$; wait"], { timeoutSeconds: 0.6, onLine });
    await rejects(program, failure("timeout", /within/));
    equal(pids.length, 2);
    await Promise.all(pids.map(waitUntilGone));
  });

  test("an abort ends a program", async () => {
    const abort = new AbortController();
    const pids: number[] = [];
    const onLine = (line: string) => {
      pids.push(Number(line));
      abort.abort();
    };
    const program = run(["sh", "-c", "echo $$; sleep 300"], { signal: abort.signal, onLine });
    await rejects(program, failure("aborted"));
    await waitUntilGone(pids[0] ?? 0);
  });

  test("a program that was aborted before does not start", async () => {
    await rejects(run(["true"], { signal: AbortSignal.abort() }), failure("aborted"));
  });

  test("lines come one by one, whole, and say where from", async () => {
    const lines: string[] = [];
    await run(["sh", "-c", "printf 'one\\ntw'; sleep 0.1; printf 'o\\r\\n\\nünf'; echo err >&2"], {
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    });
    deepEqual(
      lines.filter((line) => line.startsWith("stdout")),
      ["stdout:one", "stdout:two", "stdout:", "stdout:ünf"],
    );
    deepEqual(
      lines.filter((line) => line.startsWith("stderr")),
      ["stderr:err"],
    );
  });

  test("many programs run at the same time", async () => {
    const ends = await Promise.all(Array.from({ length: 25 }, (_, i) => run(["sh", "-c", `sleep 0.05; echo ${i}`])));
    deepEqual(
      ends.map((end) => end.stdout),
      Array.from({ length: 25 }, (_, i) => `${i}\n`),
    );
  });

  test("a failure names the program and the place", async () => {
    const error = await run(["no-such-program", "two words"]).catch((e) => e);
    ok(error instanceof DriverError);
    ok(error.message.includes(`no-such-program 'two words' on ${place.exec.where}`), error.message);
  });
}
