/** The kinds of SSH host key that are accepted (RFC 4253, RFC 5656, RFC 8709). */
const hostKeyKinds = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
] as const;

/** True for a public host key as `ssh-keyscan` prints it, without the host in front: the kind, a space, the key in base64. */
export function isHostKey(text: string): boolean {
  const [kind, body, ...rest] = text.split(" ");
  if (!kind || !body || rest.length > 0 || !(hostKeyKinds as readonly string[]).includes(kind)) return false;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) return false;
  const bytes = Buffer.from(body, "base64");
  const named = bytes.length > 4 && bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1") === kind;
  return named && (kind !== "ssh-ed25519" || bytes.length === ed25519KeyBytes);
}

/** Two lengths of four bytes, the eleven letters of the kind, and 32 bytes of key. */
const ed25519KeyBytes = 4 + 11 + 4 + 32;
