/** The parts of an IPv4 range such as `10.0.0.0/16`; undefined when it is not one. */
export function parseRange(text: string): { address: number; prefix: number } | undefined {
  const [, address, prefix] = /^([0-9.]+)\/([0-9]{1,2})$/.exec(text) ?? [];
  if (!address || !prefix || Number(prefix) > 32) return undefined;
  const value = ipv4(address);
  return value === undefined ? undefined : { address: value, prefix: Number(prefix) };
}

/** The range with the bits behind its prefix cleared, which is how AWS stores it. */
export function normalRange(text: string): string | undefined {
  const range = parseRange(text);
  if (!range) return undefined;
  const size = 2 ** (32 - range.prefix);
  const first = Math.floor(range.address / size) * size;
  return `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join(".")}/${range.prefix}`;
}

/** True for an IPv4 address or a host name (RFC 1123; not all digits and dots). */
export function isAddress(text: string): boolean {
  if (/^[0-9.]+$/.test(text)) return ipv4(text) !== undefined;
  return (
    text.length <= 253 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text)
  );
}

/** True for `http://host[:port]` or `https://host[:port]` with an optional path and no slash at the end. */
export function isApiUrl(text: string): boolean {
  const parts = /^https?:\/\/([^/:@?#\s]+)(?::([0-9]{1,5}))?(\/[^?#\s]*[^/?#\s])?$/.exec(text);
  return parts !== null && isAddress(parts[1] ?? "") && (parts[2] === undefined || isPort(Number(parts[2])));
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}

function ipv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
