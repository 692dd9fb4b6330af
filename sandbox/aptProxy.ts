import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { AptMirror } from "./aptMirror.ts";
import { cacheDirectory } from "./shared/paths.ts";
import type { RunningService } from "./shared/service.ts";

/** A file of an archive as a client asks for it. */
export interface ArchivePath {
  readonly archive: "debian" | "debian-security";
  readonly path: string;
  /** Packages and by-hash indexes never change under one name; the other indexes are asked for again each time. */
  readonly immutable: boolean;
}

export interface AptProxyOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly mirror: Pick<AptMirror, "get">;
  /** Called once per answered request. */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  /** Where package files are kept; the shared cache unless a test says otherwise. */
  readonly directory?: string;
}

/** Hosts whose archives the proxy stands in for; clients may also ask it directly, without a host. */
const knownHosts = new Set(["deb.debian.org", "security.debian.org"]);

/**
 * What a request line asks for, in proxy form (`http://deb.debian.org/debian/…`) or direct form (`/debian/…`).
 * `undefined` for anything that is not a file of a Debian archive.
 */
export function archivePath(target: string): ArchivePath | undefined {
  const url = URL.parse(target, "http://deb.debian.org");
  if (url === null || url.protocol !== "http:" || !knownHosts.has(url.hostname) || url.search !== "") return undefined;
  const match = /^\/(debian|debian-security)\/((?:dists|pool)\/[A-Za-z0-9._+~:/%-]+)$/.exec(url.pathname);
  if (match === null) return undefined;
  const path = decodeURIComponent(match[2] ?? "");
  // URL parsing has resolved plain dots already; encoded ones (%2e) come out only now.
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) return undefined;
  return {
    archive: match[1] as ArchivePath["archive"],
    path,
    immutable: /^pool\/.*\.u?deb$/.test(path) || /^dists\/.*\/by-hash\/SHA256\/[0-9a-f]{64}$/.test(path),
  };
}

/** A caching forward proxy for apt. Package files are kept for all slots; requests for one that is on its way wait for it. */
export async function startAptProxy(options: AptProxyOptions): Promise<RunningService & { readonly port: number }> {
  const directory = options.directory ?? join(cacheDirectory, "apt");
  const underway = new Map<string, Promise<Fetched>>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const asked = request.method === "GET" || request.method === "HEAD" ? archivePath(request.url ?? "") : undefined;
    // Before the last byte: whoever has the answer finds its line in the log.
    const record = (source: string, status: number): void =>
      options.log({ method: request.method, url: request.url, status, source, milliseconds: Math.round(performance.now() - started) });
    if (asked === undefined) {
      record("refused", 403);
      response.writeHead(403, { "content-type": "text/plain" });
      response.end("this proxy serves Debian archives to apt and nothing else\n");
      return;
    }
    if (!asked.immutable) {
      const upstream = await options.mirror.get(asked.archive, asked.path, pick(request.headers, conditionalHeaders));
      record("mirror", upstream.statusCode ?? 502);
      return passOn(upstream, request, response);
    }
    const file = join(directory, asked.archive, asked.path);
    const present = await isFile(file);
    if (!present) {
      const waiting = underway.get(file) ?? fetchInto(options.mirror, asked, file).finally(() => underway.delete(file));
      underway.set(file, waiting);
      const fetched = await waiting;
      if (fetched.status !== 200) {
        record("mirror", fetched.status);
        response.writeHead(fetched.status, { "content-type": "text/plain" });
        response.end();
        return;
      }
    }
    record(present ? "cache" : "mirror", 200);
    await sendFile(file, request, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.log({ method: request.method, url: request.url, error: String(error) });
      if (response.headersSent) return response.destroy();
      response.writeHead(502, { "content-type": "text/plain" });
      return response.end(`${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Fetched {
  readonly status: number;
}

/** Downloads to a temporary name; the file appears only when it is whole. */
async function fetchInto(mirror: Pick<AptMirror, "get">, asked: ArchivePath, file: string): Promise<Fetched> {
  const upstream = await mirror.get(asked.archive, asked.path);
  const status = upstream.statusCode ?? 502;
  if (status !== 200) {
    upstream.resume();
    return { status };
  }
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    await pipeline(upstream, createWriteStream(temporary));
    const expected = Number(upstream.headers["content-length"]);
    const { size } = await stat(temporary);
    if (Number.isFinite(expected) && size !== expected) {
      throw new Error(`${asked.path}: mirror announced ${expected} bytes and sent ${size}`);
    }
    const modified = Date.parse(upstream.headers["last-modified"] ?? "");
    if (!Number.isNaN(modified)) await utimes(temporary, new Date(), new Date(modified));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { status };
}

async function sendFile(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const handle = await open(file);
  try {
    const { size, mtime } = await handle.stat();
    response.writeHead(200, { "content-length": size, "last-modified": mtime.toUTCString(), "content-type": "application/octet-stream" });
    if (request.method === "HEAD") response.end();
    else await pipeline(handle.createReadStream({ autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

/** Headers by which apt asks "only if newer" and "only the rest", and those that answer it. */
const conditionalHeaders = ["if-modified-since", "if-range", "range"] as const;
const answerHeaders = ["content-length", "content-range", "content-type", "last-modified", "etag", "accept-ranges"] as const;

async function passOn(upstream: IncomingMessage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(upstream.statusCode ?? 502, pick(upstream.headers, answerHeaders));
  if (request.method === "HEAD") {
    upstream.destroy();
    response.end();
  } else await pipeline(upstream, response);
}

function pick(headers: IncomingMessage["headers"], names: readonly string[]): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string") chosen[name] = value;
  }
  return chosen;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
