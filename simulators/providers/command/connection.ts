import { setTimeout as sleep } from "node:timers/promises";
import ssh2 from "ssh2";
import type { PropertyTable } from "../shared/properties.ts";
import type { ConnectionInputs } from "./types.ts";

/** The connection's properties, but for `proxy`. Source: the vendor's schema, @pulumi/command 1.2.1. */
export const connectionFields: PropertyTable = {
  host: { type: "string", required: true },
  port: { type: "number" },
  user: { type: "string" },
  privateKey: { type: "string" },
  privateKeyPassword: { type: "string" },
  password: { type: "string" },
  agentSocketPath: { type: "string" },
  hostKey: { type: "string" },
  dialErrorLimit: { type: "number" },
  perDialTimeout: { type: "number" },
};

/** The order in which Go's ssh client asks for a kind of host key (golang.org/x/crypto/ssh), with ed25519 as the last. */
const hostKeyKinds = [
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-256",
  "rsa-sha2-512",
  "ssh-rsa",
  "ssh-ed25519",
] as const;

/** Connects and logs in, again and again as the vendor does: with pauses that grow, up to `dialErrorLimit` times more. */
export async function dial(connection: ConnectionInputs, signal: AbortSignal): Promise<ssh2.Client> {
  const limit = connection.dialErrorLimit ?? 10;
  for (let failures = 0; ; failures += 1) {
    try {
      return await connectOnce(connection);
    } catch (error) {
      if (limit >= 0 && failures >= limit) {
        throw new Error(`after ${failures} failed attempts: ${(error as Error).message}`, { cause: error });
      }
    }
    await sleep(Math.min(100 * 1.5 ** failures, 5000), undefined, { signal });
  }
}

function connectOnce(connection: ConnectionInputs): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client));
    // The one that refuses may be followed by the other side's reset.
    client.on("error", (error) => {
      client.end();
      reject(error);
    });
    client.connect({
      host: connection.host,
      port: connection.port ?? 22,
      username: connection.user ?? "root",
      readyTimeout: (connection.perDialTimeout ?? 15) * 1000,
      agent: connection.agentSocketPath ?? process.env.SSH_AUTH_SOCK,
      ...(connection.privateKey === undefined ? {} : { privateKey: connection.privateKey }),
      ...(connection.privateKeyPassword === undefined ? {} : { passphrase: connection.privateKeyPassword }),
      ...(connection.password === undefined ? {} : { password: connection.password }),
      algorithms: { serverHostKey: [...hostKeyKinds] },
      hostVerifier: (key: Buffer) => isExpected(key, connection.hostKey),
    });
  });
}

function isExpected(key: Buffer, hostKey: string | undefined): boolean {
  return hostKey === undefined || hostKey.trim().split(/\s+/)[1] === key.toString("base64");
}
