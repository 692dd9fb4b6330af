/** Docker's streaming answers, as pure generators over chunks of bytes. */

/** Values of a stream of JSON objects, one per line, however the chunks are cut. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as unknown;
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield JSON.parse(rest) as unknown;
}

const frameHeaderBytes = 8;

/**
 * Text of a log stream. Containers without a terminal have standard output and error in one stream of frames: one byte for the stream,
 * three zero bytes, four bytes of length, the payload (https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerAttach).
 * A stream of another form comes from a container with a terminal and is text as it is.
 */
export function logText(bytes: Buffer): string {
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (bytes.length - offset < frameHeaderBytes || !isFrameHeader(bytes, offset)) return bytes.toString("utf8");
    const length = bytes.readUInt32BE(offset + 4);
    payloads.push(bytes.subarray(offset + frameHeaderBytes, offset + frameHeaderBytes + length));
    offset += frameHeaderBytes + length;
  }
  return Buffer.concat(payloads).toString("utf8");
}

function isFrameHeader(bytes: Buffer, offset: number): boolean {
  return (bytes[offset] ?? 255) <= 2 && bytes[offset + 1] === 0 && bytes[offset + 2] === 0 && bytes[offset + 3] === 0;
}
