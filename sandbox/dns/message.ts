import { AUTHORITATIVE_ANSWER, RECURSION_DESIRED, TRUNCATED_RESPONSE, decode, encode, type Packet, type Question } from "dns-packet";
import { responseCodes, type DnsAnswer } from "./answer.ts";

/** A question as it came in, with what is needed to answer it. */
export interface Query {
  readonly id: number;
  readonly flags: number;
  readonly question: Question;
  /** Bytes that the asker takes by UDP. */
  readonly payloadSize: number;
  readonly extended: boolean;
}

export type Reading =
  { readonly kind: "query"; readonly query: Query } | { readonly kind: "malformed"; readonly reply: Buffer | undefined };

/** Reads a query. Malformed ones get FORMERR when at least their id can be read, and nothing otherwise. */
export function readQuery(message: Buffer): Reading {
  let packet: Packet;
  try {
    packet = decode(message);
  } catch {
    return { kind: "malformed", reply: formatError(message) };
  }
  const [question] = packet.questions ?? [];
  if (packet.type !== "query" || question === undefined || packet.questions?.length !== 1)
    return { kind: "malformed", reply: formatError(message) };
  const options = packet.additionals?.find((record) => record.type === "OPT");
  return {
    kind: "query",
    query: {
      id: packet.id ?? 0,
      flags: packet.flags ?? 0,
      question,
      payloadSize: Math.max(512, options?.type === "OPT" ? options.udpPayloadSize : 512),
      extended: options !== undefined,
    },
  };
}

/** Writes the reply; `limit` is the most bytes it may have, beyond which the asker is told to come back by TCP. */
export function writeReply(query: Query, answer: DnsAnswer, limit: number): Buffer {
  const packet = {
    type: "response",
    id: query.id,
    flags: AUTHORITATIVE_ANSWER | (query.flags & RECURSION_DESIRED) | responseCodes[answer.code],
    questions: [query.question],
    answers: [...answer.answers],
    authorities: [...answer.authorities],
    additionals: query.extended
      ? [{ type: "OPT", name: ".", udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }]
      : [],
  } satisfies Packet;
  const whole = encode(packet);
  if (whole.length <= limit) return whole;
  return encode({ ...packet, flags: packet.flags | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

/** A header only: the question could not be read, so it cannot be repeated. */
function formatError(message: Buffer): Buffer | undefined {
  // An answer to an answer would loop.
  if (message.length < 12 || (message.readUInt8(2) & 0x80) !== 0) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | responseCodes.FORMERR, 2);
  return header;
}
