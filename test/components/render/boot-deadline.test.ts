import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeMac } from "./fake-mac.ts";
import { installedScript } from "./user-data-scripts.ts";

const hour = 3600;
const launched = Date.parse("2026-01-02T03:04:05Z") / 1000;
const booted = launched + 600;
const file = "usr/local/libexec/mac-runner-fleet/deadline";
const script = installedScript("boot-deadline");

interface Moment {
  name: string;
  now: number;
  /** What the metadata service says; undefined when it does not answer. */
  launchTime?: string;
  stored?: string;
  /** What AWS says of replacements of the root volume: state and time; undefined when it does not answer. Default: none. */
  tasks?: string | undefined;
  /** What was remembered of an earlier answer. */
  renewal?: string;
  /** When this Mac was booted, if not at first. */
  booted?: number;
  /** The deadline on file afterwards. */
  expectStored: number;
  expectShutdown: boolean;
}

const launchTime = "2026-01-02T03:04:05Z";
const deadline = launched + 48 * hour;

const moments: Moment[] = [
  { name: "first boot", now: booted, launchTime, expectStored: deadline, expectShutdown: false },
  {
    name: "a second before the deadline",
    now: deadline - 1,
    launchTime,
    expectStored: deadline,
    expectShutdown: false,
  },
  { name: "at the deadline", now: deadline, launchTime, expectStored: deadline, expectShutdown: true },
  { name: "long after it", now: deadline + 99 * hour, launchTime, expectStored: deadline, expectShutdown: true },
  {
    name: "no file, as after a root volume replacement",
    now: deadline + 1,
    launchTime,
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "a file that says later does not help",
    now: deadline + 1,
    launchTime,
    stored: `${deadline + hour}`,
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "the file of another machine, in an image made from it",
    now: booted,
    launchTime,
    stored: `${booted - hour}`,
    expectStored: deadline,
    expectShutdown: false,
  },
  {
    name: "no metadata: the file counts",
    now: deadline - 1,
    stored: `${deadline}`,
    expectStored: deadline,
    expectShutdown: false,
  },
  {
    name: "no metadata: the file counts, and it is time",
    now: deadline,
    stored: `${deadline}`,
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "no metadata, no file: counted from boot",
    now: booted + hour,
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "no metadata, file too far away",
    now: booted + hour,
    stored: `${booted + 500 * hour}`,
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "no metadata, file of another machine",
    now: booted + hour,
    stored: `${booted - hour}`,
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "no metadata, no digits in the file",
    now: booted + hour,
    stored: "never",
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "no metadata, a number beyond the shell's",
    now: booted + hour,
    stored: "9".repeat(30),
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "no metadata, empty file, two days after boot",
    now: booted + 48 * hour,
    stored: "",
    expectStored: booted + 48 * hour,
    expectShutdown: true,
  },
  {
    name: "a launch time that is no time: counted from boot",
    now: booted + hour,
    launchTime: "soon",
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "a launch in the future, while the clock is not set",
    now: booted,
    launchTime: "2036-01-01T00:00:00Z",
    expectStored: booted + 48 * hour,
    expectShutdown: false,
  },
  {
    name: "a replacement of the root volume began a new life",
    now: deadline + hour,
    launchTime,
    tasks: "succeeded\t2026-01-03T03:04:05.678Z\n",
    expectStored: deadline + 24 * hour,
    expectShutdown: false,
  },
  {
    name: "the last of several replacements counts, failed ones do not",
    now: deadline + hour,
    launchTime,
    tasks: "succeeded\t2026-01-03T03:04:05Z\nsucceeded\t2026-01-02T13:04:05Z\nfailed\t2026-01-04T03:04:05Z\n",
    expectStored: deadline + 24 * hour,
    expectShutdown: false,
  },
  {
    name: "the deadline of the new life",
    now: deadline + 24 * hour,
    launchTime,
    tasks: "succeeded\t2026-01-03T03:04:05Z\n",
    expectStored: deadline + 24 * hour,
    expectShutdown: true,
  },
  {
    name: "a replacement in the future is none",
    now: deadline,
    launchTime,
    tasks: "succeeded\t2036-01-03T03:04:05Z\n",
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "AWS does not answer: the launch counts",
    now: deadline,
    launchTime,
    tasks: undefined,
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "AWS does not answer: an earlier answer counts",
    now: deadline + hour,
    launchTime,
    tasks: undefined,
    renewal: `i-0abc ${launched + 24 * hour}`,
    expectStored: deadline + 24 * hour,
    expectShutdown: false,
  },
  {
    name: "AWS does not answer: what another machine was told does not count",
    now: deadline,
    launchTime,
    tasks: undefined,
    renewal: `i-0def ${launched + 24 * hour}`,
    expectStored: deadline,
    expectShutdown: true,
  },
  {
    name: "right after a boot it waits for AWS's record of a replacement",
    now: deadline + hour,
    booted: deadline + hour - 60,
    launchTime,
    tasks: "in-progress\tNone\n",
    expectStored: deadline,
    expectShutdown: false,
  },
  {
    name: "but not for long",
    now: deadline + hour,
    booted: deadline + hour - 900,
    launchTime,
    tasks: "in-progress\tNone\n",
    expectStored: deadline,
    expectShutdown: true,
  },
];

for (const moment of moments)
  test(moment.name, async (t) => {
    const mac = macAt(t, moment);
    const ran = await mac.run(script);
    equal(mac.read(file).trim(), `${moment.expectStored}`);
    deepEqual(
      mac.takeCalls().filter((call) => call.startsWith("shutdown")),
      moment.expectShutdown ? ["shutdown -h now"] : [],
    );
    equal(ran.stderr, "");
  });

test("a minute like the one before leaves no line in the log", async (t) => {
  const mac = macAt(t, { now: booted, launchTime });
  match((await mac.run(script)).stdout, /deadline: \d+/);
  equal((await mac.run(script)).stdout, "");
});

interface Asking {
  name: string;
  /** What AWS says; nothing when it does not answer. */
  answer?: string;
  /** From boot on, in minutes. */
  minutes: number;
  /** In which of them it is asked. */
  expect: number[];
}

const asking: Asking[] = [
  {
    name: "AWS is asked after a boot and once more when its record must be there",
    answer: "",
    minutes: 60,
    expect: [0, 15],
  },
  { name: "without an answer it is asked less and less often", minutes: 60, expect: [0, 1, 3, 7, 15, 31] },
  {
    name: "while a replacement is going on it is asked again",
    answer: "in-progress\tNone\n",
    minutes: 10,
    expect: [0, 1, 3, 7],
  },
];

for (const { name, answer, minutes, expect } of asking)
  test(name, async (t) => {
    const mac = macAt(t, { now: booted, launchTime, tasks: answer });
    const asked: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      // A check takes its time, so most minutes are left out, but none before one in which something may happen.
      if (![0, 1].includes(minute) && !isPowerOfTwo(minute) && !isPowerOfTwo(minute + 1)) continue;
      setTime(mac, booted + minute * 60);
      await mac.run(script);
      if (mac.takeCalls().some((call) => call.startsWith("aws"))) asked.push(minute);
    }
    deepEqual(asked, expect);
    setTime(mac, booted + minutes * 60);
    mac.program("sysctl", `echo '{ sec = ${booted + minutes * 60}, usec = 1 } Fri Jan  2 03:14:05 2026'`);
    await mac.run(script);
    equal(mac.takeCalls().filter((call) => call.startsWith("aws")).length, 1, "and again after the next boot");
  });

test("what AWS has said counts until the next boot", async (t) => {
  const mac = macAt(t, { now: booted + hour, launchTime, tasks: "succeeded\t2026-01-02T03:34:05Z\n" });
  await mac.run(script);
  mac.takeCalls();
  await mac.run(script);
  equal(mac.read(file).trim(), `${deadline + hour / 2}`);
  ok(!mac.takeCalls().some((call) => call.startsWith("aws")));
});

function isPowerOfTwo(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}

function setTime(mac: FakeMac, now: number): void {
  mac.program("date", `[ "$*" = +%s ] && exec echo ${now}\n${parseTime}`);
}

/** A Mac at that moment. Its `date` and `sysctl` answer in the words of macOS. */
function macAt(t: TestContext, moment: Omit<Moment, "name" | "expectStored" | "expectShutdown">): FakeMac {
  const mac = new FakeMac(t);
  const document = JSON.stringify(
    { instanceId: "i-0abc", pendingTime: moment.launchTime, version: "2017-09-30" },
    null,
    2,
  );
  mac.write("document", document);
  mac.write("usr/local/libexec/mac-runner-fleet/.keep", "");
  if (moment.stored !== undefined) mac.write(file, moment.stored);
  if (moment.renewal !== undefined) mac.write(`${file}-renewal`, moment.renewal);
  mac.write("tasks", moment.tasks ?? "");
  mac.program("aws", "tasks" in moment && moment.tasks === undefined ? "exit 255" : 'cat "$root/tasks"');
  mac.program("sysctl", `echo '{ sec = ${moment.booted ?? booted}, usec = 123456 } Fri Jan  2 03:14:05 2026'`);
  setTime(mac, moment.now);
  mac.program("curl", moment.launchTime ? metadata : "exit 28");
  return mac;
}

const parseTime = `[ "$1 $2 $3 $4 $6" = '-j -u -f %Y-%m-%dT%H:%M:%SZ +%s' ] || exit 1
exec '${process.execPath}' -p 's = Date.parse(process.argv[1]) / 1000; s || process.exit(1)' "$5"`;

const metadata = `case "$*" in
  *'-X PUT'*api/token) echo the-token ;;
  *meta-data/instance-id) echo i-0abc ;;
  *dynamic/instance-identity/document) [ "$(cat)" = 'X-aws-ec2-metadata-token: the-token' ] && cat "$root/document" ;;
  *) exit 22 ;;
esac`;
