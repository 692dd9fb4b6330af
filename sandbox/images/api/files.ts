import { createHash, randomBytes, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HttpError, sendJson, type Exchange } from "./http.ts";

const limitBytes = 64 * 1024 * 1024;

/** Letters, digits, dots, dashes and underscores, not beginning with a dot: cannot leave the folder or collide with unfinished files. */
export function fileName(text: string | null): string {
  if (text !== null && /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(text)) return text;
  throw new HttpError(400, `name: must be 1 to 100 letters, digits, ".", "-" or "_" and not begin with ".", got ${JSON.stringify(text)}`);
}

/** `PUT|POST /upload?name=NAME`: keeps the body as a file, which appears under its name only when it is whole. */
export async function uploadRoute({ request, response, url }: Exchange, directory: string): Promise<void> {
  const name = fileName(url.searchParams.get("name"));
  const temporary = join(directory, `.${name}.${randomBytes(6).toString("hex")}`);
  const sum = createHash("sha256");
  try {
    await pipeline(request, counted(sum), createWriteStream(temporary, { flush: true }));
    const { size } = await stat(temporary);
    await rename(temporary, join(directory, name));
    sendJson(response, 201, { name, bytes: size, sha256: sum.digest("hex") });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** `GET /files/NAME`. */
export async function fileRoute({ response, url }: Exchange, directory: string): Promise<void> {
  const path = join(directory, fileName(decodeURIComponent(url.pathname.slice("/files/".length))));
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new HttpError(404, "no such file");
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": found.size, "cache-control": "no-store" });
  await pipeline(createReadStream(path), response);
}

function counted(sum: Hash): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      sum.update(chunk);
      if (size > limitBytes) done(new HttpError(413, `body: at most ${limitBytes} bytes`));
      else done(null, chunk);
    },
  });
}
