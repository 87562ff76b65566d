import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Fault } from "./faults.ts";
import type { QueryNode } from "./query.ts";
import type { HostQuota } from "./quotas.ts";
import type { SimState } from "./state.ts";
import type { XmlValue } from "./xml.ts";

/** The account that everything belongs to; moto uses the same. */
export const ACCOUNT_ID = "123456789012";

/** What an action works with. `now` is fixed for one request, in milliseconds of the simulator's clock. */
export interface ActionContext {
  state: SimState;
  now: number;
  region: string;
  seed: string;
  /** How many hosts the account may have. */
  hostQuota: HostQuota | undefined;
  fault: Fault | undefined;
  /** Asks moto, which holds launch templates, networks and all other instances. */
  moto: EC2Client;
  /** Sends the request on to moto, changed or not, and gives back its XML; throws when moto answers with an error. */
  forward(form: URLSearchParams): Promise<string>;
  /** The request as it came. */
  form: URLSearchParams;
}

/** One API call: gives the elements of the answer, or undefined when the whole request is moto's business. */
export type Action = (
  context: ActionContext,
  query: QueryNode,
) => Promise<Record<string, XmlValue | undefined> | undefined> | Record<string, XmlValue | undefined> | undefined;

/** Sends a request on without the ids that are ours; gives nothing when ids were given and none is left. */
export async function forwardOthers(context: ActionContext, listName: string, isOurs: (id: string) => boolean) {
  const form = new URLSearchParams(context.form);
  const named = [...form.keys()].filter((key) => key.startsWith(`${listName}.`));
  const others = named.map((key) => form.get(key) ?? "").filter((id) => !isOurs(id));
  if (named.length > 0 && others.length === 0) return "";
  for (const key of named) form.delete(key);
  others.forEach((id, index) => {
    form.set(`${listName}.${index + 1}`, id);
  });
  return context.forward(form);
}
