/** A piece of an EC2 answer. A list becomes `<item>` elements; what is undefined is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | RawXml
  | XmlValue[]
  | { [element: string]: XmlValue | undefined };

/** XML that is already written, such as items taken over from another answer. */
export class RawXml {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** The answer of one action: `<AllocateHostsResponse>`, the request's id, and the body. */
export function renderAnswer(action: string, requestId: string, body: Record<string, XmlValue | undefined>): string {
  const inner = renderXml({ requestId, ...body });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${NAMESPACE}">${inner}</${action}Response>`;
}

/** An error as EC2 writes it. */
export function renderError(code: string, message: string, requestId: string): string {
  const error = renderXml({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${error}</Response>`;
}

/** Renders one value as the content of an element. */
export function renderXml(value: XmlValue): string {
  if (value instanceof RawXml) return value.xml;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(renderItem).join("");
  if (typeof value !== "object") return escapeXml(String(value));
  return Object.entries(value)
    .map(([name, inner]) => (inner === undefined ? "" : element(name, inner)))
    .join("");
}

/** What stands between `<name>` and its closing tag in an answer; empty when the element is missing or empty. */
export function innerXml(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.lastIndexOf(`</${name}>`);
  return start < 0 || end < start ? "" : xml.slice(start + name.length + 2, end);
}

/** Items taken over from another answer carry their own `<item>`. */
function renderItem(item: XmlValue): string {
  return item instanceof RawXml ? item.xml : element("item", item);
}

function element(name: string, value: XmlValue): string {
  return `<${name}>${renderXml(value)}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
