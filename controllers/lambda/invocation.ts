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

/** Writes what happened to the function's log. */
export type Log = (what: string, details: object) => void;

/** One line in JSON for each thing that happened, which Lambda hands to CloudWatch Logs. */
export const log: Log = (what, details) => console.log(JSON.stringify({ what, ...details }));
