import { DriverError, type FailureKind } from "../errors.ts";

/** What a message of `tart` means. */
export interface Verdict {
  kind: FailureKind;
  hint?: string;
}

interface Row extends Verdict {
  pattern: RegExp;
}

const slotHint =
  "macOS runs two macOS VMs at once on a Mac. Stop another one; if none is running, a slot has leaked: restart the Mac.";
const keychainHint =
  "The login keychain is locked, so macOS cannot make the VM's host key. Log in on the Mac's screen, or unlock the keychain.";
const sessionHint = "macOS starts VMs only in a user's graphical session. Turn on automatic login and restart the Mac.";
const localNetworkHint =
  "If the registry is in the local network: macOS 15 and later hides it from programs without a graphical session.";

/**
 * Texts of tart 2.35.0 and of macOS underneath, first match wins. The exit code says little: 2 is "no such VM" and "not
 * running" alike, `run` ends with 1 for a missing VM, and `exec` passes on the guest's code.
 */
const rows: readonly Row[] = [
  { pattern: /the specified VM ".*" does not exist/, kind: "not-found" },
  { pattern: /^VM ".*" is not running/m, kind: "not-running" },
  { pattern: /^VM ".*" is already running!/m, kind: "already-running" },
  { pattern: /^VM ".*" is running$/m, kind: "in-use" },
  { pattern: /exceeds the system limit/, kind: "slot-limit", hint: slotHint },
  { pattern: /Failed to create new HostKey|VZErrorDomain Code=-9\b/, kind: "keychain-locked", hint: keychainHint },
  { pattern: /SecKeyCreateRandomKey_ios failed/, kind: "keychain-locked", hint: keychainHint },
  { pattern: /Interaction is not allowed with the Security Server/, kind: "keychain-locked", hint: keychainHint },
  { pattern: /Keychain returned unsuccessful status/, kind: "keychain-locked", hint: keychainHint },
  { pattern: /Internal Virtualization error/, kind: "no-gui-session", hint: sessionHint },
  { pattern: /No space left on device|There isn[’']t enough space|database or disk is full/, kind: "disk-full" },
  { pattern: /AuthFailed\(|^invalid credentials: /m, kind: "access-denied" },
  { pattern: /UnexpectedHTTPStatusCode\(.*code: 40[13]\b/, kind: "access-denied" },
  { pattern: /UnexpectedHTTPStatusCode\(.*code: 404\b/, kind: "not-found" },
  { pattern: /UnexpectedHTTPStatusCode\(.*code: 429\b/, kind: "rate-limited" },
  { pattern: /Internet connection appears to be offline/, kind: "unreachable", hint: localNetworkHint },
  {
    pattern: /An SSL error has occurred/,
    kind: "unreachable",
    hint: "A registry that speaks plain HTTP needs `insecure: true`.",
  },
  {
    pattern:
      /Could not connect to the server|hostname could not be found|network connection was lost|request timed out/,
    kind: "unreachable",
  },
  {
    pattern: /Failed to connect to the VM using its control socket/,
    kind: "unreachable",
    hint: "The Tart guest agent does not answer: the guest is still starting, or its image has no agent.",
  },
  { pattern: /no IP address found, is your VM running\?/, kind: "not-running" },
  { pattern: /OCI storage error: .* doesn't point to a digest/, kind: "not-found" },
  { pattern: /target VM .* already exists/, kind: "already-exists" },
  {
    pattern: /failed to parse remote name|improperly formatted host|unknown reference format/,
    kind: "invalid-argument",
  },
  { pattern: /at minimum \(requested|new disk size of .* should be larger/, kind: "invalid-argument" },
  { pattern: /is only available on macOS|is not supported on this system/, kind: "invalid-argument" },
  {
    pattern: /VM is missing (some of its )?files|failed to open lock file/,
    kind: "failed",
    hint: "The VM's folder is damaged; tart can neither open nor delete it. Remove the folder on the Mac.",
  },
];

const usageExitCode = 64;

/** What an exit code and the text on stderr mean; undefined when no known text is in it. */
export function recognise(stderr: string, exitCode?: number): Verdict | undefined {
  const row = rows.find(({ pattern }) => pattern.test(stderr));
  if (row) return row.hint ? { kind: row.kind, hint: row.hint } : { kind: row.kind };
  return exitCode === usageExitCode ? { kind: "invalid-argument" } : undefined;
}

/** The failure of a call that ended with an exit code other than 0. */
export function tartFailure(what: string, exitCode: number, stderr: string): DriverError {
  const verdict = recognise(stderr, exitCode) ?? { kind: "failed" };
  return new DriverError(`${what} ended with exit code ${exitCode}`, { ...verdict, vendorText: stderr });
}
