import { createHash } from "node:crypto";
import type { ActionContext } from "./context.ts";
import { idempotencyMismatch } from "./errors.ts";
import { type QueryNode, text } from "./query.ts";

/** Makes something once for each client token: the same token with the same arguments gives the same ids again. */
export function once(context: ActionContext, query: QueryNode, make: () => string[]): string[] {
  const earlier = earlierIds(context, query);
  if (earlier) return earlier;
  const ids = make();
  const key = keyOf(context, query);
  if (key) context.state.tokens[key] = { digest: digestOf(query), ids };
  return ids;
}

/** What an earlier request with this client token made. Throws when its arguments were others. */
export function earlierIds(context: ActionContext, query: QueryNode): string[] | undefined {
  const earlier = context.state.tokens[keyOf(context, query) ?? ""];
  if (earlier && earlier.digest !== digestOf(query)) throw idempotencyMismatch();
  return earlier?.ids;
}

function keyOf(context: ActionContext, query: QueryNode): string | undefined {
  const token = text(query, "ClientToken");
  return token && `${context.region}/${text(query, "Action")}/${token}`;
}

function digestOf(query: QueryNode): string {
  return createHash("sha256").update(JSON.stringify(query)).digest("hex");
}
