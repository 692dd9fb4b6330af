import { isIPv6 } from "node:net";

/**
 * An address as Cloudflare answers with it (RFC 5952: lower case, zeros left out). Written in another form it would be a difference at each
 * preview, for ever. What is no IPv6 address stays as it is.
 */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? (URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? address) : address;
}
