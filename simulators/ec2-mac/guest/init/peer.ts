import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** The user at the other end of a connection on this Mac, as the kernel has it; undefined when it is gone. */
export function uidOf(socket: Socket): number | undefined {
  const { remotePort = 0, localPort = 0 } = socket;
  const ends = [hex(remotePort), hex(localPort)];
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.split(":")[1] === ends[0] && fields[2]?.split(":")[1] === ends[1]) return Number(fields[7]);
  }
  return undefined;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}
