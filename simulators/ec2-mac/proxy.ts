import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

/** A whole answer of moto. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The head of a request to send on. */
export type Forwardable = Pick<IncomingMessage, "method" | "url" | "headers">;

/** An answer of moto that is an error, to be passed on as it is. */
export class MotoError extends Error {
  override readonly name = "MotoError";
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.body.toString("utf8").slice(0, 2000));
    this.answer = answer;
  }
}

/** Sends a request on to moto with another body, if one is given. Signatures are not checked there. */
export async function forwardRequest(motoUrl: string, request: Forwardable, body: Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { ...request.headers, "content-length": String(body.length) };
  const upstream = httpRequest(new URL(request.url ?? "/", motoUrl), {
    method: request.method,
    headers,
    timeout: 30_000,
  });
  upstream.on("response", (response) => {
    readAll(response).then(
      (whole) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: whole }),
      reject,
    );
  });
  upstream.on("timeout", () => upstream.destroy(new Error("moto gave no answer within 30 s")));
  upstream.on("error", reject);
  upstream.end(body);
  return promise;
}

/** Gives an answer of moto to our own client; its time is the simulator's, which is set already. */
export function passOn(answer: Answer, response: ServerResponse): void {
  const { connection: _, "transfer-encoding": __, date: ___, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, "content-length": String(answer.body.length) });
  response.end(answer.body);
}

/** The whole body of a request or answer. */
export async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
