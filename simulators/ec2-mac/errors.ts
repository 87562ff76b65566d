/** An error that EC2 answers with: its code, its words and the HTTP status. */
export class Ec2Error extends Error {
  override readonly name = "Ec2Error";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** More hosts than the account may have. Text: terraform-provider-aws, pull request 38363. */
export function hostLimitExceeded(family: string, asked: number, total: number, limit: number): Ec2Error {
  return new Ec2Error(
    "HostLimitExceeded",
    `The number of Dedicated hosts you've requested (${asked}) would bring your total up to ${total} for the specified ` +
      `group of instance types (${family}). This exceeds your current limit of ${limit}. If you've recently released ` +
      "Dedicated hosts, it may take some time for them to stop counting towards your limit. Try allocating your hosts " +
      "again after a few minutes. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment " +
      "to this limit.",
  );
}

/** No Mac of this kind is free in the zone. AWS answers with status 500, so clients try again by themselves. */
export function insufficientHostCapacity(): Ec2Error {
  return new Ec2Error("InsufficientHostCapacity", "Insufficient capacity to fulfill request.", 500);
}

/** The host is occupied, ending its instance or scrubbing. Text: as users quote it in aws/aws-sdk-js-v3. */
export function insufficientCapacityOnHost(hostId: string): Ec2Error {
  return new Ec2Error(
    "InsufficientCapacityOnHost",
    `Dedicated host ${hostId} has insufficient capacity to launch the instances in this request.`,
  );
}

/** No host id was given and none of the account's takes the launch. */
export function noMatchingHost(): Ec2Error {
  return new Ec2Error(
    "InsufficientHostCapacity",
    "You do not have a host with a matching configuration and sufficient capacity. Either target a host resource group " +
      "that can automatically allocate hosts on your behalf, or manually allocate a new host to your account and then " +
      "try again.",
  );
}

/** The API's rate limit; every client tries again after a pause. */
export function requestLimitExceeded(): Ec2Error {
  return new Ec2Error("RequestLimitExceeded", "Request limit exceeded.", 503);
}

/** The same token came with other arguments. */
export function idempotencyMismatch(): Ec2Error {
  return new Ec2Error(
    "IdempotentParameterMismatch",
    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
  );
}

/** An argument is missing. */
export function missingParameter(name: string): Ec2Error {
  return new Ec2Error("MissingParameter", `The request must contain the parameter ${name}`);
}

/** An argument has a value that EC2 does not take. */
export function invalidParameter(value: string, name: string): Ec2Error {
  return new Ec2Error("InvalidParameterValue", `Value (${value}) for parameter ${name} is invalid.`);
}

/** No such instance. */
export function instanceNotFound(instanceId: string): Ec2Error {
  return new Ec2Error("InvalidInstanceID.NotFound", `The instance ID '${instanceId}' does not exist`);
}

/** No such host. */
export function hostNotFound(hostId: string): Ec2Error {
  return new Ec2Error("InvalidHostID.NotFound", `The host ID '${hostId}' does not exist`);
}
