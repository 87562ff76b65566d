import { DriverError, type FailureKind } from "../errors.ts";

interface Reading {
  pattern: RegExp;
  kind: FailureKind;
  hint?: string;
}

const TOKEN_HINT = "The token in the secure setting orkaToken is wrong or has ended; make one with orka3 sa token.";

/**
 * What orka3 says and what it means; the first that fits counts. Exit codes tell nothing more than "failed".
 * Specific sentences come before the single words that may stand in any of them.
 */
const READINGS: readonly Reading[] = [
  {
    pattern: /no node in `?ready`? state|no nodes available in namespace|not enough (cpu|memory) available/i,
    kind: "no-capacity",
    hint: "See orka3 node list for the namespace: no node is READY with enough left for this VM.",
  },
  { pattern: /maximum supported number of active virtual machines/i, kind: "slot-limit" },
  {
    pattern: /being used by one or more vms/i,
    kind: "in-use",
    hint: "Delete the VMs that use the image, then try again.",
  },
  { pattern: /config does not exist/i, kind: "not-found", hint: "See orka3 vm-config list." },
  { pattern: /already exists/i, kind: "already-exists" },
  {
    pattern: /connection refused|connection reset|no such host|i\/o timeout|no route to host|network is unreachable/i,
    kind: "unreachable",
    hint: "Orka clusters are reached through their VPN or private network; check it and the apiUrl.",
  },
  { pattern: /TLS handshake|certificate (signed|has expired|is not|is valid)|\bEOF\b/, kind: "unreachable" },
  { pattern: /context .*(does not exist|not found)|no configuration has been provided/i, kind: "failed" },
  { pattern: word("unauthorized|401|token expired|must be logged in"), kind: "access-denied", hint: TOKEN_HINT },
  {
    pattern: word("forbidden|403"),
    kind: "access-denied",
    hint: "The service account may work only in its own namespace until orka3 rb add-subject lets it into another.",
  },
  { pattern: word("too many requests|429"), kind: "rate-limited" },
  { pattern: /timed out waiting/i, kind: "timeout", hint: "A VM stays Pending while no node has room for it." },
  { pattern: /internal error occurred|etcdserver/i, kind: "failed" },
  { pattern: /timed out|deadline exceeded/i, kind: "timeout" },
  {
    pattern: /^(error: )?(unknown (command|flag|shorthand)|required flag|invalid |accepts |requires |flag needs)/im,
    kind: "invalid-argument",
  },
  { pattern: /not found\b/i, kind: "not-found" },
  { pattern: /\bis invalid:/i, kind: "invalid-argument" },
];

/** A word that is not a part of a name: `vm-401` is none. */
function word(words: string): RegExp {
  return new RegExp(`(?<![\\w.-])(${words})(?![\\w-])`, "i");
}

/** Turns what orka3 said before it ended with an error into one that callers can decide on. */
export function orkaError(what: string, vendorText: string): DriverError {
  const reading = READINGS.find(({ pattern }) => pattern.test(withoutQuotes(vendorText)));
  return new DriverError(`${what} failed`, { kind: reading?.kind ?? "failed", vendorText, hint: reading?.hint });
}

/** True when the refusal to resize means that the disk is that large already. The text is not documented. */
export function saysLargeEnough(error: unknown): boolean {
  return (
    error instanceof DriverError &&
    /(disk|size).*(must be|should be|has to be).*(larger|greater|bigger)|cannot (be )?(shrunk|shrink|reduced?)/i.test(
      error.vendorText,
    )
  );
}

/** Names stand in quotes, and a VM may be called anything, even "unauthorized". */
function withoutQuotes(text: string): string {
  return text.replace(/"[^"]*"/g, '""');
}
