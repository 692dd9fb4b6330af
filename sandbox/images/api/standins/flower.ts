/**
 * Stand-in for Flower: a page on 5555 with the workers that have given a sign of life in Redis lately, the queue and the counts of runs.
 * `FLOWER_BASIC_AUTH` (`user:password`) guards it as the real one's option does; `/healthcheck` is open.
 */
import { createClient } from "@redis/client";
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readVariable } from "../settings.ts";
import { serveStandIn, standInNotice } from "./standIn.ts";

const product = "Flower";
const faults: string[] = [];
const setting = (name: string, fallback: string): string => readVariable(process.env, name, faults) ?? fallback;
const password = setting("REDIS_PASSWORD", "");
const credentials = setting("FLOWER_BASIC_AUTH", "");
const queue = setting("CELERY_QUEUE", "celery");
const socket = { host: setting("REDIS_HOST", "redis"), port: Number(setting("REDIS_PORT", "6379")), connectTimeout: 2000 };
if (faults.length > 0) {
  process.stderr.write(`${faults.join("\n")}\n`);
  process.exit(78);
}

const redis = createClient({ socket, disableOfflineQueue: true, ...(password === "" ? {} : { password }) });
// Reconnects by itself; until then every page says that Redis cannot be reached.
redis.on("error", () => undefined);
redis.connect().catch(() => undefined);

serveStandIn({ product, port: Number(process.env["PORT"] ?? "5555"), answer });

interface Worker {
  readonly name: string;
  readonly version: string;
  readonly at: string;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://flower").pathname;
  if (path === "/healthcheck") {
    send(response, 200, "text/plain", `OK (${standInNotice(product)})\n`);
  } else if (!isAllowed(request.headers.authorization)) {
    response.setHeader("www-authenticate", 'Basic realm="flower"');
    send(response, 401, "text/plain", `Unauthorized. ${standInNotice(product)}\n`);
  } else if (path === "/api/workers") {
    send(response, 200, "application/json", `${JSON.stringify({ stand_in: standInNotice(product), workers: await workers() })}\n`);
  } else if (path === "/") {
    send(response, 200, "text/html", page(await workers(), await redis.lLen(queue)));
  } else {
    send(response, 404, "text/plain", `${path}: no such page. ${standInNotice(product)}\n`);
  }
}

async function workers(): Promise<readonly Worker[]> {
  const found: Worker[] = [];
  for await (const keys of redis.scanIterator({ MATCH: "truealpha:worker:*", COUNT: 100 })) {
    for (const key of keys) {
      const value = await redis.get(key);
      if (value !== null) found.push(JSON.parse(value) as Worker);
    }
  }
  return found.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function page(present: readonly Worker[], queued: number): string {
  const rows = present.map(
    ({ name, version, at }) => `<tr><td>${escaped(name)}</td><td>${escaped(version)}</td><td>${escaped(at)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Flower (stand-in)</title>
<p><strong>${standInNotice(product)}</strong></p>
<p>${present.length} workers, ${queued} jobs waiting.</p>
<table><tr><th>worker</th><th>version</th><th>last sign of life</th></tr>${rows.join("")}</table>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function isAllowed(authorization = ""): boolean {
  if (credentials === "") return true;
  return timingSafeEqual(hash(authorization), hash(`Basic ${Buffer.from(credentials).toString("base64")}`));
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` });
  response.end(body);
}
