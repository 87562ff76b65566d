import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { MacClock } from "./clock.ts";
import type { Host } from "./host.ts";
import type { PacketFilter } from "./packet-filter.ts";
import { uidOf } from "./peer.ts";

const ADDRESS = "169.254.169.254";
const LONGEST_TOKEN_SECONDS = 21_600;

/**
 * The instance metadata service at its own address, version 2: a token first. Whom pf keeps away is cut off without a
 * word.
 */
export async function serveMetadata(host: Host, clock: MacClock, filter: PacketFilter): Promise<Server> {
  const tokens = new Map<string, number>();
  const server = createServer((request, response) => void answer(request, response));
  server.on("connection", (socket) => {
    if (filter.blocks(ADDRESS, uidOf(socket))) socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(80, ADDRESS, resolve);
  });
  return server;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/latest/api/token") {
      const seconds = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      const isWrong = request.method !== "PUT" || !(seconds >= 1 && seconds <= LONGEST_TOKEN_SECONDS);
      end(response, isWrong ? 400 : 200, isWrong ? "" : newToken(seconds));
      return;
    }
    const token = String(request.headers["x-aws-ec2-metadata-token"] ?? "");
    if ((tokens.get(token) ?? 0) < clock.now()) {
      end(response, 401, "");
      return;
    }
    const { status, output } = await host.ask({ what: "metadata", path: request.url ?? "" });
    end(response, status, Buffer.from(output, "base64"));
  }

  function newToken(seconds: number): string {
    const token = randomBytes(42).toString("base64url");
    tokens.set(token, clock.now() + seconds * 1000);
    return token;
  }
}

function end(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(body);
}
