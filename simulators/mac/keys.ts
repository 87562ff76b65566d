import ssh2 from "ssh2";

/** A new ed25519 key pair for one run of a simulated Mac or of a test. */
export interface KeyPair {
  /** OpenSSH's private key file, without a passphrase. */
  privateKey: string;
  /** The line for known_hosts or authorized_keys: `ssh-ed25519 AAAA...`. */
  publicLine: string;
}

/** Makes a key pair. */
export function newKeyPair(): KeyPair {
  const { private: privateKey, public: publicLine } = ssh2.utils.generateKeyPairSync("ed25519");
  return { privateKey, publicLine: publicLine.trim() };
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
