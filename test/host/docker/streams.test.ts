import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLines, logText } from "../../../host/docker/streams.ts";

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < places.length; index += 1) yield await Promise.resolve(bytes.subarray(places[index - 1], places[index]));
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

const frame = (stream: number, payload: string): Buffer => {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

describe("host/docker/streams", () => {
  it("reads JSON lines however they are cut, inside characters too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue({ stringUnit: "grapheme" })), fc.array(fc.nat()), fc.boolean(), async (values, cuts, ends) => {
        const text = values.map((value) => JSON.stringify({ value })).join("\r\n") + (ends ? "\n" : "");
        const read = await collect(jsonLines(inPieces(Buffer.from(text), cuts)));
        assert.deepEqual(
          read,
          values.map((value) => JSON.parse(JSON.stringify({ value })) as unknown),
        );
      }),
    );
  });

  it("throws on what is no JSON", async () => {
    await assert.rejects(collect(jsonLines(inPieces(Buffer.from('{"a":1}\n{"b"\n'), []))), SyntaxError);
  });

  it("takes the frames off a log, and leaves a terminal's output as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string())), (frames) => {
        const bytes = Buffer.concat(frames.map(([stream, payload]) => frame(stream, payload)));
        assert.equal(logText(bytes), frames.map(([, payload]) => Buffer.from(payload).toString()).join(""));
      }),
    );
    assert.equal(logText(Buffer.from("plain output\nof a terminal")), "plain output\nof a terminal");
    assert.equal(logText(Buffer.from("short")), "short");
  });
});
