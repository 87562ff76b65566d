import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";

/** A new key pair for one run of a simulated Mac or of a test. */
export interface KeyPair {
  /** OpenSSH's private key file, without a passphrase. */
  privateKey: string;
  /** The line for known_hosts or authorized_keys: its kind, a space, the key. */
  publicLine: string;
}

/** Makes a key pair with the ssh-keygen of this computer; ssh2's own (1.17) makes one in some hundred that nobody can read. */
export function newKeyPair(kind: "ed25519" | "ecdsa" = "ed25519"): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), "key-"));
  try {
    const file = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", kind, "-N", "", "-C", "", "-f", file]);
    return { privateKey: readFileSync(file, "utf8"), publicLine: readFileSync(`${file}.pub`, "utf8").trim() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Reads a private or public key.
 * @throws Error when it is not one
 */
export function parseKey(text: string): ssh2.ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

/** The public line of a private key. */
export function publicLineOf(privateKey: string): string {
  const key = parseKey(privateKey);
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}
