import type { Considered } from "../../../controllers/pool/look.ts";
import { entryOf } from "../../../controllers/pool/record.ts";
import type { TimelineEntry } from "../../../controllers/pool/store.ts";
import type { Action } from "../../../model/ec2-mac/types.ts";
import { iso } from "../../../model/ec2-mac/words.ts";

/** An entry of the timeline as a person reads it; what the other side said follows on lines of its own. */
export function entryLine(pool: string, entry: TimelineEntry): string {
  const { at, hostName, kind, result, reason, instanceId, hostId, text } = entry;
  const what = [kind, result, instanceId ?? hostId].filter(Boolean).join(" ");
  const line = [iso(at), hostName ? `${pool}/${hostName}` : pool, `${what}: ${reason}`].join("  ");
  return text ? `${line}\n${text.replace(/^/gm, "    ")}` : line;
}

/** Prints entries of one pool, as lines or as a JSON object each. */
export function printEntry(pool: string, entry: TimelineEntry, json: boolean | undefined): void {
  console.log(json ? JSON.stringify({ pool, ...entry }) : entryLine(pool, entry));
}

/** Prints what would be done. */
export function printPlan(
  pool: string,
  { decision, now }: Considered,
  json: boolean | undefined,
  kinds?: ReadonlySet<Action["kind"]>,
): void {
  const actions = decision.actions.filter(({ kind }) => kind === "wait" || !kinds || kinds.has(kind));
  if (actions.length === 0 && !json) console.log(`${pool}: nothing to do`);
  for (const action of actions) printEntry(pool, { ...entryOf(action, now), result: undefined }, json);
}
