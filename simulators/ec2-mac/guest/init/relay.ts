import { connect, createServer } from "node:net";

/**
 * Lets the Mac reach a port of the computer that it runs on: nothing else is on its network. The other half is in
 * `../relay.ts`, at a socket that only root can use.
 */
export async function relayPort(port: number): Promise<void> {
  const server = createServer((near) => {
    const far = connect(`/System/Simulator/relay/${port}`);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}
