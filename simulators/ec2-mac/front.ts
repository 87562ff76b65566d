import { randomUUID } from "node:crypto";
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
import { type Answer, type Forwardable, forwardRequest, MotoError, passOn, readAll } from "./proxy.ts";
import { parseQuery } from "./query.ts";
import { recoverHosts } from "./recovery.ts";
import { type ApiCall, identify, renderFailure } from "./request.ts";
import { forgetOld } from "./rules.ts";
import { type SimState, saveState } from "./state.ts";
import { renderAnswer } from "./xml.ts";

/** What the front works with. */
export interface FrontOptions {
  state: SimState;
  clock: SimClock;
  motoUrl: string;
  stateFile: string | undefined;
  seed: string;
  hostQuota: number;
  /** The Macs that run, if any were asked for. */
  guests(): Guests | undefined;
}

/** Answers what concerns Macs, and sends everything else on to moto unchanged. */
export class Front {
  readonly #options: FrontOptions;
  readonly #faults = new FaultQueue();
  readonly #motoClients = new Map<string, EC2Client>();

  constructor(options: FrontOptions) {
    this.#options = options;
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

  /** Lets go of the connections to moto. */
  close(): void {
    for (const client of this.#motoClients.values()) client.destroy();
  }

  async #control(path: string, body: string, response: ServerResponse): Promise<void> {
    const { state, clock, seed } = this.#options;
    const call = (region: string, form: URLSearchParams) => this.#callAs(region, form);
    let answer: unknown;
    let status = 200;
    try {
      this.#catchUp();
      answer = await control(path, body, {
        state,
        clock,
        faults: this.#faults,
        seed,
        guests: this.#options.guests(),
        call,
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
    const fault = this.#faults.take(call.action);
    const answer = await this.#perform(call, request, body, fault);
    if (fault?.effect === "lost-answer") {
      request.socket.destroy();
      return;
    }
    if (fault?.effect === "slow-answer") await patience(response, fault.delayMs);
    passOn(answer, response);
  }

  async #perform(call: ApiCall, request: Forwardable, body: Buffer, fault: Fault | undefined): Promise<Answer> {
    const requestId = randomUUID();
    try {
      const refusal = fault && errorOf(fault, call.form.get("Placement.HostId") ?? "");
      if (refusal) throw refusal;
      const xml = call.service === "ec2" ? await this.#act(call, request, requestId, fault) : undefined;
      return xml ? xmlAnswer(xml) : await forwardRequest(this.#options.motoUrl, request, body);
    } catch (error) {
      if (error instanceof MotoError) return error.answer;
      return renderFailure(call, asEc2Error(error), requestId);
    }
  }

  /** Runs one of our actions; undefined when the request is moto's. */
  async #act(call: ApiCall, request: Forwardable, requestId: string, fault: Fault | undefined) {
    const action = ACTIONS.get(call.action);
    if (!action) return undefined;
    this.#catchUp();
    const elements = await action(this.#context(call, request, fault), parseQuery(call.form.toString()));
    if (!elements) return undefined;
    if (!call.action.startsWith("Describe")) this.#save();
    return renderAnswer(call.action, requestId, elements);
  }

  #context(call: ApiCall, request: Forwardable, fault: Fault | undefined): ActionContext {
    const { state, clock, seed, hostQuota, motoUrl } = this.#options;
    const forward = async (form: URLSearchParams) => {
      const answer = await forwardRequest(motoUrl, request, Buffer.from(form.toString()));
      if (answer.status >= 300) throw new MotoError(answer);
      return answer.body.toString("utf8");
    };
    const { region, form } = call;
    return { state, now: clock.now(), region, seed, hostQuota, fault, moto: this.#moto(region), forward, form };
  }

  /** A call of our own, as a client in that region would make it. */
  async #callAs(region: string, form: URLSearchParams): Promise<string> {
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=simulator/20260101/${region}/ec2/aws4_request`,
      "content-type": "application/x-www-form-urlencoded",
    };
    const request = { method: "POST", url: "/", headers };
    const body = Buffer.from(form.toString());
    const answer = await this.#perform(identify(request, body), request, body, undefined);
    if (answer.status >= 300) throw new Error(answer.body.toString("utf8"));
    return answer.body.toString("utf8");
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
  #catchUp(): void {
    const { state, clock, seed } = this.#options;
    recoverHosts(state, clock.now(), seed);
    forgetOld(state, clock.now());
  }

  #save(): void {
    const { state, clock, stateFile } = this.#options;
    if (!stateFile) return;
    state.clock = { now: clock.now(), rate: clock.rate, savedAt: Date.now() };
    saveState(stateFile, state);
  }
}

/** Waits, but not for a client that has gone. */
async function patience(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await delay(milliseconds, undefined, { signal: gone.signal }).catch(() => undefined);
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
