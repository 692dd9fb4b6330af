import assert from "node:assert/strict";
import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { answerQuestion } from "../../../sandbox/dns/answer.ts";
import { readQuery, writeReply } from "../../../sandbox/dns/message.ts";
import { TestWorld } from "./world.ts";

describe("DNS messages", () => {
  let world: TestWorld;
  before(async () => {
    world = await TestWorld.create();
  });
  after(() => world.remove());

  const reply = (message: Buffer): Buffer | undefined => {
    const reading = readQuery(message);
    if (reading.kind === "malformed") return reading.reply;
    return writeReply(reading.query, answerQuestion(world, reading.query.question, 60), reading.query.payloadSize);
  };

  it("of any bytes are answered with a message or with nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const answer = reply(Buffer.from(bytes));
        if (answer !== undefined) assert.equal(answer.readUInt16BE(0), Buffer.from(bytes).readUInt16BE(0));
      }),
      { numRuns: 5000 },
    );
  });

  it("of a query with a byte changed are too, and never longer than the asker takes", () => {
    const query = encode({ type: "query", id: 1, questions: [{ name: "staging.servers.terrace.test", type: "A" }] });
    fc.assert(
      fc.property(fc.nat(query.length - 1), fc.nat(255), (index, value) => {
        const damaged = Buffer.from(query);
        damaged[index] = value;
        const answer = reply(damaged);
        if (answer !== undefined) assert.ok(answer.length <= 512);
      }),
      { numRuns: 5000 },
    );
  });

  it("repeat the question and the id", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/);
    fc.assert(
      fc.property(fc.nat(65_535), fc.array(label, { minLength: 1, maxLength: 5 }), (id, labels) => {
        const name = `${labels.join(".")}.test`;
        const answer = decode(reply(encode({ type: "query", id, questions: [{ name, type: "AAAA" }] })) ?? Buffer.alloc(0));
        assert.deepEqual([answer.id, answer.type, answer.questions?.[0]?.name], [id, "response", name]);
      }),
    );
  });
});
