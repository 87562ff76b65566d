import type { FailureKind } from "../errors.ts";

interface Row {
  pattern: RegExp;
  kind: FailureKind;
  hint?: string;
}

/** What OpenSSH's client says when it cannot run anything; the first row that fits wins. Texts: OpenSSH 8 to 10. */
const ROWS: readonly Row[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|no matching host key type found/,
    kind: "host-key-mismatch",
    hint: "Compare the Mac's /etc/ssh/ssh_host_ecdsa_key.pub with the key that was declared for it.",
  },
  {
    pattern: /Permission denied|Too many authentication failures|No more authentication methods/,
    kind: "access-denied",
    hint: "Put the public key into ~/.ssh/authorized_keys of this user on the Mac.",
  },
  {
    pattern: /error in libcrypto|invalid format|incorrect passphrase|Load key/,
    kind: "access-denied",
    hint: "The private key could not be read; it must be in OpenSSH or PEM form and without a passphrase.",
  },
  {
    pattern:
      /Connection refused|timed out|Could not resolve hostname|No route to host|Network is (unreachable|down)|Host is down|Connection (closed|reset)|kex_exchange_identification|banner|Broken pipe/,
    kind: "unreachable",
  },
];

/** The kind of failure behind what the ssh client wrote to stderr before anything ran. */
export function classifySshFailure(stderr: string): { kind: FailureKind; hint?: string } {
  const row = ROWS.find(({ pattern }) => pattern.test(stderr));
  if (!row) return { kind: "unreachable" };
  return { kind: row.kind, ...(row.hint ? { hint: row.hint } : {}) };
}
