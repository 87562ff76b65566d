import { randomUUID } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { EC2Client, EC2ServiceException } from "@aws-sdk/client-ec2";
import { ACTIONS } from "./actions/index.ts";
import type { SimClock } from "./clock.ts";
import type { ActionContext } from "./context.ts";
import { control } from "./control.ts";
import { Ec2Error } from "./errors.ts";
import { errorOf, type Fault, FaultQueue } from "./faults.ts";
import type { Guests } from "./guest/guests.ts";
import { withImages } from "./launch-spec.ts";
import { type Answer, type Forwardable, forwardRequest, MotoError, passOn, readAll } from "./proxy.ts";
import { parseQuery } from "./query.ts";
import { answerQuotas, type HostQuota } from "./quotas.ts";
import { recoverHosts } from "./recovery.ts";
import { type ApiCall, identify, renderFailure } from "./request.ts";
import { type Found, RestError, renderReply, renderRestError } from "./rest.ts";
import { forgetOld } from "./rules.ts";
import { Services, type SimEvents } from "./services.ts";
import { type SimState, saveState } from "./state.ts";
import { renderAnswer } from "./xml.ts";

/** What the front works with. */
export interface FrontOptions {
  state: SimState;
  clock: SimClock;
  motoUrl: string;
  stateFile: string | undefined;
  seed: string;
  hostQuota: HostQuota | undefined;
  /** Of this front, once it listens. */
  url(): string;
  events: EventEmitter<SimEvents>;
  /** The Macs that run, if any were asked for. */
  guests(): Guests | undefined;
}

/** Answers what concerns Macs, and sends everything else on to moto unchanged. */
export class Front {
  readonly #options: FrontOptions;
  readonly #faults = new FaultQueue();
  readonly #motoClients = new Map<string, EC2Client>();
  readonly #services: Services;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#services = new Services({
      ...options,
      callEc2: (region, form, now) => {
        this.#letHappen(now);
        return this.#callAs(region, form, now);
      },
      readObject: (region, bucket, key) => this.#readObject(region, bucket, key),
      save: () => this.#save(),
    });
  }

  /** Answers one request, whatever it is; never throws. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readAll(request);
      if (request.url?.startsWith("/_sim/")) await this.#control(request.url, body.toString("utf8"), response);
      else await this.#api(request, body, response);
    } catch (error) {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(String(error));
    }
  }

  /** Ends what runs by itself, and lets go of the connections to moto. */
  async close(): Promise<void> {
    await this.#services.close();
    for (const client of this.#motoClients.values()) client.destroy();
  }

  async #control(path: string, body: string, response: ServerResponse): Promise<void> {
    const { state, clock, seed } = this.#options;
    const call = (region: string, form: URLSearchParams) => this.#callAs(region, form, clock.now());
    let answer: unknown;
    let status = 200;
    try {
      await this.#catchUp();
      answer = await control(path, body, {
        state,
        clock,
        faults: this.#faults,
        seed,
        guests: this.#options.guests(),
        call,
        runs: this.#services.functions.runs,
      });
      this.#save();
    } catch (error) {
      status = 400;
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  async #api(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const call = identify(request, body);
    const rest = this.#services.find(call.service, request.method ?? "", request.url ?? "/");
    const fault = this.#faults.take(rest?.operation.name ?? call.action);
    await this.#catchUp();
    const answer = await this.#perform({ call, request, body, fault, rest, now: this.#options.clock.now() });
    // Whoever goes by the time of AWS' answers goes by the simulator's clock. Refusals tell no time: the SDK would take
    // them for refusals of a wrong clock, and try again.
    if (answer.status < 400) response.setHeader("date", new Date(this.#options.clock.now()).toUTCString());
    else response.sendDate = false;
    if (fault?.effect === "lost-answer") {
      request.socket.destroy();
      return;
    }
    if (fault?.effect === "slow-answer") await patience(response, fault.delayMs);
    passOn(answer, response);
  }

  async #perform(asked: Asked): Promise<Answer> {
    const { call, request, body, fault, rest } = asked;
    const requestId = randomUUID();
    try {
      const refusal = fault && errorOf(fault, call.form.get("Placement.HostId") ?? "");
      if (refusal) throw refusal;
      if (rest) return await this.#operate(rest, asked);
      const quotas = call.service === "servicequotas" && this.#answerQuotas(asked);
      if (quotas) return quotas;
      const xml = call.service === "ec2" ? await this.#act(asked, requestId) : undefined;
      if (xml) return xmlAnswer(xml);
      const answer = await forwardRequest(this.#options.motoUrl, request, body);
      return call.form.get("ResolveAlias") === "true" ? { ...answer, body: withResolved(answer.body) } : answer;
    } catch (error) {
      if (error instanceof MotoError) return error.answer;
      if (error instanceof RestError) return renderRestError(error);
      return renderFailure(call, asEc2Error(error), requestId);
    }
  }

  /** Runs an operation of one of our services that speak JSON. */
  async #operate({ operation, params }: Found, { call, request, body, now }: Asked): Promise<Answer> {
    const { searchParams: query } = new URL(request.url ?? "/", this.#options.motoUrl);
    const header = (name: string) => [request.headers[name]].flat()[0];
    const reply = await operation.run({ region: call.region, now, params, query, body, header });
    if (operation.method !== "GET") this.#save();
    return renderReply(reply);
  }

  /** Runs one of our actions; undefined when the request is moto's. */
  async #act(asked: Asked, requestId: string): Promise<string | undefined> {
    const { call } = asked;
    const action = ACTIONS.get(call.action);
    if (!action) return undefined;
    const elements = await action(this.#context(asked), parseQuery(call.form.toString()));
    if (!elements) return undefined;
    if (!call.action.startsWith("Describe")) this.#save();
    return renderAnswer(call.action, requestId, elements);
  }

  #context({ call, request, fault, now }: Asked): ActionContext {
    const { state, seed, hostQuota, motoUrl } = this.#options;
    const forward = async (form: URLSearchParams) => {
      const answer = await forwardRequest(motoUrl, request, Buffer.from(form.toString()));
      if (answer.status >= 300) throw new MotoError(answer);
      return answer.body.toString("utf8");
    };
    const { region, form } = call;
    return { state, now, region, seed, hostQuota, fault, moto: this.#moto(region), forward, form };
  }

  /** A call of our own, as a client in that region would make it at that moment. */
  async #callAs(region: string, form: URLSearchParams, now: number): Promise<string> {
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=simulator/20260101/${region}/ec2/aws4_request`,
      "content-type": "application/x-www-form-urlencoded",
    };
    const request = { method: "POST", url: "/", headers };
    const body = Buffer.from(form.toString());
    const call = identify(request, body);
    const answer = await this.#perform({ call, request, body, now, fault: undefined, rest: undefined });
    if (answer.status >= 300) throw new Error(answer.body.toString("utf8"));
    return answer.body.toString("utf8");
  }

  #answerQuotas({ call, body }: Asked): Answer | undefined {
    const reply = answerQuotas(call.action, call.region, body, this.#options.hostQuota);
    return reply && renderReply({ body: reply });
  }

  /** An object that moto's S3 has. */
  async #readObject(region: string, bucket: string, key: string): Promise<Buffer> {
    const authorization = `AWS4-HMAC-SHA256 Credential=simulator/20260101/${region}/s3/aws4_request`;
    const request = { method: "GET", url: `/${bucket}/${key}`, headers: { authorization } };
    const answer = await forwardRequest(this.#options.motoUrl, request, Buffer.alloc(0));
    if (answer.status < 300) return answer.body;
    const message = `Error occurred while GetObject. S3 Error Code: ${answer.status}. ${bucket}/${key}`;
    throw new RestError("InvalidParameterValueException", 400, message);
  }

  #moto(region: string): EC2Client {
    const known = this.#motoClients.get(region);
    if (known) return known;
    const credentials = { accessKeyId: "simulator", secretAccessKey: "simulator" };
    const client = new EC2Client({ region, endpoint: this.#options.motoUrl, credentials, maxAttempts: 1 });
    this.#motoClients.set(region, client);
    return client;
  }

  /** Lets happen what time has brought about since the last request. */
  async #catchUp(): Promise<void> {
    await this.#services.catchUp();
    this.#letHappen(this.#options.clock.now());
  }

  #letHappen(now: number): void {
    const { state, seed } = this.#options;
    recoverHosts(state, now, seed);
    forgetOld(state, now);
  }

  #save(): void {
    const { state, clock, stateFile } = this.#options;
    if (!stateFile) return;
    state.clock = { now: clock.now(), rate: clock.rate, savedAt: Date.now() };
    saveState(stateFile, state);
  }
}

/** One request, with what is known of it. */
interface Asked {
  call: ApiCall;
  request: Forwardable;
  body: Buffer;
  fault: Fault | undefined;
  rest: Found | undefined;
  /** Milliseconds of the simulator's clock; earlier than now for what a schedule does. */
  now: number;
}

/** Waits, but not for a client that has gone. */
async function patience(response: ServerResponse, milliseconds: number): Promise<void> {
  if (response.closed) return;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await delay(milliseconds, undefined, { signal: gone.signal }).catch(() => undefined);
}

function withResolved(body: Buffer): Buffer {
  return Buffer.from(withImages(body.toString("utf8")));
}

function xmlAnswer(xml: string): Answer {
  return { status: 200, headers: { "content-type": "text/xml;charset=UTF-8" }, body: Buffer.from(xml) };
}

/** What moto refused while we asked it for a launch template or a subnet is refused in its words. */
function asEc2Error(error: unknown): Ec2Error {
  if (error instanceof Ec2Error) return error;
  if (error instanceof EC2ServiceException) {
    return new Ec2Error(error.name, error.message, error.$metadata.httpStatusCode ?? 400);
  }
  return new Ec2Error("InternalError", String(error), 500);
}
