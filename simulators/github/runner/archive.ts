import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** Where a simulated EC2 Mac finds this project and a Node. */
const FLEET = "/System/Simulator/fleet";
const NODE = "/System/Simulator/node";

interface Entry {
  path: string;
  mode: number;
  text?: string;
  link?: string;
}

/**
 * `actions-runner-osx-arm64-VERSION.tar.gz` for a simulated EC2 Mac: what it unpacks to runs the simulated runner.
 * The same bytes each time, so that its sum can be a setting.
 */
export function runnerArchive(version: string): Buffer {
  const run = `#!/bin/bash
export MAC_SIM_NODE="\${MAC_SIM_NODE-${NODE}}" RUNNER_SIM_VERSION=${version} RUNNER_SIM_POLL_MS=\${RUNNER_SIM_POLL_MS-200}
exec "$(cd "$(dirname "$0")" && pwd -P)/run-simulated.sh" "$@"
`;
  const entries: Entry[] = [
    { path: "./run.sh", mode: 0o755, text: run },
    { path: "./run-simulated.sh", mode: 0o777, link: `${FLEET}/simulators/github/runner/run.sh` },
    { path: "./bin/Runner.Listener", mode: 0o755, text: `#!/bin/bash\necho ${version}\n` },
  ];
  return gzipSync(Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(1024)]));
}

/** Its SHA-256, in hexadecimal digits. */
export function runnerArchiveSha256(version: string): string {
  return createHash("sha256").update(runnerArchive(version)).digest("hex");
}

/** A file or link in the format of POSIX's ustar. */
function blocks({ path, mode, text = "", link = "" }: Entry): Buffer[] {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(path, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(Buffer.byteLength(text), 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(link ? "2" : "0", 156);
  header.write(link, 157);
  header.write("ustar\x0000", 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  const content = Buffer.from(text);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
