import assert from "node:assert/strict";

/** What a command that ends well writes to standard output. */
export async function outputOf(work: () => number | Promise<number>): Promise<string> {
  const write = process.stdout.write.bind(process.stdout);
  let said = "";
  process.stdout.write = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  try {
    assert.equal(await work(), 0);
  } finally {
    process.stdout.write = write;
  }
  return said;
}
