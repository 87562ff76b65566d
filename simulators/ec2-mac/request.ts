import type { Ec2Error } from "./errors.ts";
import type { Answer, Forwardable } from "./proxy.ts";
import { renderError, renderXml } from "./xml.ts";

/** An AWS API call, as far as it concerns us. */
export interface ApiCall {
  /** `ec2`, `iam`, `logs`, ...: from the signature's scope. */
  service: string;
  region: string;
  /** `AllocateHosts`; empty when the request does not name one. */
  action: string;
  /** The body of a Query request; empty for the other protocols. */
  form: URLSearchParams;
}

/** Tells which service, region and action a request is for, in any of AWS' protocols. */
export function identify(request: Forwardable, body: Buffer): ApiCall {
  const { headers, url = "/" } = request;
  const [, region = "us-east-1", service = ""] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(
    headers.authorization ?? "",
  ) ?? ["", undefined, undefined];
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  const form = new URLSearchParams(isForm ? body.toString("utf8") : "");
  const target = String(headers["x-amz-target"] ?? "")
    .split(".")
    .at(-1);
  const operation = /\/operation\/([A-Za-z]+)/.exec(url)?.[1];
  return { service, region, action: form.get("Action") || target || operation || "", form };
}

/** An error in the words of the service that was called: EC2's XML, other Query services' XML, or JSON. */
export function renderFailure(call: ApiCall, error: Ec2Error, requestId: string): Answer {
  const { code, message, status } = error;
  if (call.service === "ec2") return xml(status, renderError(code, message, requestId));
  if ([...call.form.keys()].length > 0) {
    const answer = { ErrorResponse: { Error: { Type: "Sender", Code: code, Message: message }, RequestId: requestId } };
    return xml(status, renderXml(answer));
  }
  const body = Buffer.from(JSON.stringify({ __type: code, message }));
  return { status, headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code }, body };
}

function xml(status: number, text: string): Answer {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body: Buffer.from(text) };
}
