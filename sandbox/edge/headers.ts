/** Headers that concern one connection only (RFC 9110, 7.6.1), and those that only HTTP/1.1 has. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Set by the edge: a client's own would be a lie. */
const ours = new Set(["cf-connecting-ip", "cf-ray", "cf-visitor", "cdn-loop", "x-forwarded-proto", "expect"]);

/** What the origin is told about where a request comes from. */
export interface Visitor {
  readonly address: string;
  readonly ray: string;
  readonly scheme: "http" | "https";
  /** As the client sent it. */
  readonly host: string;
}

/**
 * Headers of a request to the origin, flat like `rawHeaders`, from those of the client's: without hop-by-hop ones, `Host` first, with
 * Cloudflare's own (https://developers.cloudflare.com/fundamentals/reference/http-headers/).
 */
export function originHeaders(raw: readonly string[], visitor: Visitor): string[] {
  const dropped = connectionOptions(raw);
  const headers: string[] = ["Host", visitor.host];
  let forwardedFor = "";
  let cookies = "";
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "x-forwarded-for") forwardedFor += `${value}, `;
    // HTTP/2 may split cookies over several fields, HTTP/1.1 has one (RFC 9113, 8.2.3).
    else if (lower === "cookie") cookies += cookies === "" ? value : `; ${value}`;
    else if (lower !== "host" && !lower.startsWith(":") && !hopByHop.has(lower) && !ours.has(lower) && !dropped.has(lower))
      headers.push(name, value);
  }
  if (cookies !== "") headers.push("Cookie", cookies);
  headers.push("X-Forwarded-For", `${forwardedFor}${visitor.address}`);
  headers.push("X-Forwarded-Proto", visitor.scheme);
  headers.push("CF-Connecting-IP", visitor.address);
  headers.push("CF-Ray", visitor.ray);
  headers.push("CF-Visitor", JSON.stringify({ scheme: visitor.scheme }));
  headers.push("CDN-Loop", "cloudflare; loops=1");
  return headers;
}

/** Headers of the client's answer by lower-case name, from the origin's: hop-by-hop ones are gone, repeated ones stay repeated. */
export function clientHeaders(
  raw: readonly string[],
  ray: string,
  more: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const dropped = connectionOptions(raw);
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    if (hopByHop.has(name) || dropped.has(name)) continue;
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return { ...headers, ...edgeHeaders(ray), ...more };
}

/** What every answer through the edge carries. */
export function edgeHeaders(ray: string): Readonly<Record<string, string>> {
  return { server: "terrace-edge", "cf-ray": ray, "x-terrace-emulator": "edge" };
}

/** Further headers that `Connection` declares to be hop-by-hop. */
function connectionOptions(raw: readonly string[]): ReadonlySet<string> {
  let names: Set<string> | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if ((raw[index] ?? "").toLowerCase() !== "connection") continue;
    names ??= new Set();
    for (const option of (raw[index + 1] ?? "").split(",")) names.add(option.trim().toLowerCase());
  }
  return names ?? noOptions;
}

const noOptions: ReadonlySet<string> = new Set();
