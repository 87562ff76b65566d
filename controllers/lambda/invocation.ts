/** What Lambda hands to a handler besides the event, as far as it is used here. */
export interface Invocation {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** Time that is left for writing down what was done when the work has to be given up. */
const marginMilliseconds = 15_000;

/** Ends some seconds before Lambda would. */
export function timeLimit(invocation: Invocation): AbortSignal {
  return AbortSignal.timeout(Math.max(1, invocation.getRemainingTimeInMillis() - marginMilliseconds));
}

/** One line of the function's log, in JSON. */
export function log(what: string, details: object = {}): void {
  console.log(JSON.stringify({ what, ...details }));
}
