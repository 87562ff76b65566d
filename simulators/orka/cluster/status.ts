/** A refusal as the Kubernetes API words it. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** The Status object that carries a refusal. Clients read `message`. */
export function statusBody(error: ApiError): object {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: error.reason,
    code: error.code,
    details: {},
  };
}

/** `virtualmachineinstances.orka.macstadium.com "x" not found` and the like. */
export function notFound(plural: string, name: string): ApiError {
  return new ApiError(404, "NotFound", `${plural} "${name}" not found`);
}

/** The Kubernetes text for a name that is taken. */
export function alreadyExists(plural: string, name: string): ApiError {
  return new ApiError(409, "AlreadyExists", `${plural} "${name}" already exists`);
}

/** A refusal by one of Orka's admission webhooks. */
export function denied(webhook: string, message: string): ApiError {
  return new ApiError(403, "Forbidden", `admission webhook "${webhook}" denied the request: ${message}`);
}

/** A request that breaks a rule of the API. */
export function invalid(message: string): ApiError {
  return new ApiError(422, "Invalid", message);
}
