import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

/** The doors through which the simulated Macs reach ports of this computer. */
export interface Relays {
  /** A folder with one socket for each port, for root only. */
  folder: string;
  ports: number[];
  close(): Promise<void>;
}

/** Opens a door to the port of each address, all of which are on loopback. */
export async function openRelays(folder: string, addresses: readonly string[]): Promise<Relays> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports = [...new Set(addresses.map((address) => Number(new URL(address).port)))];
  const open = new Set<Socket>();
  const servers = await Promise.all(ports.map((port) => openRelay(join(folder, String(port)), port, open)));
  return {
    folder,
    ports,
    async close() {
      for (const socket of open) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openRelay(path: string, port: number, open: Set<Socket>): Promise<Server> {
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.once("close", () => open.delete(one));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}
