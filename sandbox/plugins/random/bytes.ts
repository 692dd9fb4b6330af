import { randomBytes as bytesFromTheSystem } from "node:crypto";
import type { CheckFailure, Properties } from "../base/index.ts";
import { define, keepers } from "./definition.ts";

function checkAtLeastOne(name: string): (inputs: Properties) => { inputs: Properties; failures: CheckFailure[] } {
  return (inputs) => {
    const value = inputs[name];
    const failures = typeof value === "number" && value < 1 ? [{ property: name, reason: `must be at least 1, got ${value}` }] : [];
    return { inputs, failures };
  };
}

/** Secret bytes, as base64 and as hexadecimal. Its id gives them away: prefer RandomPassword. */
export const randomBytes = define.resource({
  token: "random:index/randomBytes:RandomBytes",
  inputs: { length: { type: "integer", required: true }, keepers },
  outputs: { base64: { type: "string", required: true, secret: true }, hex: { type: "string", required: true, secret: true } },
  check: checkAtLeastOne("length"),
  create: ({ length }) => {
    const bytes = bytesFromTheSystem(length);
    // The bytes themselves in clear text, as upstream has it (computeRandomBytesID in pulumi-random): ids cannot be secret.
    return { id: bytes.toString("base64"), outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
  },
});

/** Public random bytes in four spellings, each with the prefix; the id has none. */
export const randomId = define.resource({
  token: "random:index/randomId:RandomId",
  inputs: { byteLength: { type: "integer", required: true }, prefix: { type: "string" }, keepers },
  outputs: {
    b64Std: { type: "string", required: true },
    b64Url: { type: "string", required: true },
    hex: { type: "string", required: true },
    dec: { type: "string", required: true },
  },
  check: checkAtLeastOne("byteLength"),
  create: ({ byteLength, prefix = "" }) => {
    const bytes = bytesFromTheSystem(byteLength);
    const id = bytes.toString("base64url");
    const hex = bytes.toString("hex");
    const dec = BigInt(`0x${hex}`).toString();
    return { id, outputs: { b64Std: prefix + bytes.toString("base64"), b64Url: prefix + id, hex: prefix + hex, dec: prefix + dec } };
  },
});
