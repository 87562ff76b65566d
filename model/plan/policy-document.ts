/** A statement of an IAM policy. */
export interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: readonly string[];
  Resource: string | readonly string[];
  Condition?: PolicyCondition;
}

/** Condition operators, and for each the keys with the values that they must have. */
export type PolicyCondition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** An IAM policy. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** A statement that allows these actions on these things. */
export function allow(
  sid: string,
  actions: readonly string[],
  resource: string | readonly string[],
  condition?: PolicyCondition,
): PolicyStatement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: resource,
    ...(condition ? { Condition: condition } : {}),
  };
}

/** A policy of these statements. */
export function policyOf(statements: PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** The role that is passed on goes to this service of AWS. */
export function passedTo(service: string): PolicyCondition {
  return { StringEquals: { "iam:PassedToService": `${service}.amazonaws.com` } };
}
