import { between, oneOf } from "../model/check.ts";
import { any, number, object, text } from "../model/schema.ts";

const byte = { check: between(0, 255) };
const short = { check: between(0, 65_535) };
const metres = { check: between(0, 90_000_000) };

/** The parts of records that have more than a content (CAA, SRV, LOC, TLSA …): Cloudflare makes the content from them. */
export const dnsRecordData = object("optional", {
  algorithm: number("optional", byte),
  altitude: number("optional", { check: between(-100_000, 42_849_672.95) }),
  certificate: text("optional"),
  digest: text("optional"),
  digestType: number("optional", byte),
  fingerprint: text("optional"),
  flags: any("optional"),
  keyTag: number("optional", short),
  latDegrees: number("optional", { check: between(0, 90) }),
  latDirection: text("optional", { check: oneOf("N", "S") }),
  latMinutes: number("optional", { check: between(0, 59) }),
  latSeconds: number("optional", { check: between(0, 59.999) }),
  longDegrees: number("optional", { check: between(0, 180) }),
  longDirection: text("optional", { check: oneOf("E", "W") }),
  longMinutes: number("optional", { check: between(0, 59) }),
  longSeconds: number("optional", { check: between(0, 59.999) }),
  matchingType: number("optional", byte),
  order: number("optional", short),
  port: number("optional", short),
  precisionHorz: number("optional", metres),
  precisionVert: number("optional", metres),
  preference: number("optional", short),
  priority: number("optional", short),
  protocol: number("optional", byte),
  publicKey: text("optional"),
  regex: text("optional"),
  replacement: text("optional"),
  selector: number("optional", byte),
  service: text("optional"),
  size: number("optional", metres),
  tag: text("optional"),
  target: text("optional"),
  type: number("optional", { check: between(0, Infinity) }),
  usage: number("optional", byte),
  value: text("optional"),
  weight: number("optional", short),
});
