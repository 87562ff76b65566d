import type { Action, Instant, Outcome } from "../../model/ec2-mac/types.ts";
import type { TimelineEntry } from "./store.ts";

/** The timeline's entry of an action: without an outcome it has only been asked for. */
export function entryOf(action: Action, at: Instant, outcome?: Outcome): TimelineEntry {
  const { kind, hostName, reason } = action;
  const hostId = "hostId" in action ? action.hostId : undefined;
  const instanceId = "instanceId" in action ? action.instanceId : undefined;
  const entry = { id: `${at}/${kind}/${hostId ?? hostName}`, at, hostName, kind, reason, hostId, instanceId };
  if (kind === "wait") return entry;
  if (!outcome) return { ...entry, result: "asked" };
  if (outcome.result !== "done") return { ...entry, result: outcome.result, text: outcome.text };
  return {
    ...entry,
    result: "done",
    hostId: outcome.hostId ?? hostId,
    instanceId: outcome.instanceId ?? instanceId,
  };
}

/** The entry of a look that came to nothing. */
export function failedLook(at: Instant, reason: string): TimelineEntry {
  return { id: `${at}/look`, at, hostName: "", kind: "look", reason };
}

/** Those that say something else than the newest of their host: waiting for the same thing is told once. */
export function newsAmong(entries: readonly TimelineEntry[], newest: readonly TimelineEntry[]): TimelineEntry[] {
  const known = new Map(newest.map((entry) => [entry.hostName, entry]));
  return entries.filter(({ hostName, kind, reason }) => {
    const before = known.get(hostName);
    return before?.kind !== kind || before.reason !== reason;
  });
}
