/**
 * Stand-in for Neo4j: its HTTP discovery document on 7474, its volume, and a refusal of every query. No Bolt.
 * `NEO4J_AUTH` (`user/password`, or `none`) guards the query paths as the real server's does.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { readVariable } from "../settings.ts";
import { serveStandIn, standInNotice } from "./standIn.ts";

const product = "Neo4j";
const startsFile = join(process.env["NEO4J_DATA"] ?? "/data", "starts.log");
const faults: string[] = [];
const credentials = readVariable(process.env, "NEO4J_AUTH", faults) ?? "none";
if (credentials !== "none" && !credentials.includes("/")) faults.push('NEO4J_AUTH: must be "user/password" or "none"');
if (faults.length > 0) {
  process.stderr.write(`${faults.join("\n")}\n`);
  process.exit(78);
}

// What a database would do with its volume: write at start, find it again at the next one.
appendFileSync(startsFile, `${new Date().toISOString()}\n`);
const starts = readFileSync(startsFile, "utf8").trimEnd().split("\n").length;

serveStandIn({ product, port: Number(process.env["PORT"] ?? "7474"), answer });

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? "/", "http://neo4j").pathname;
  if (path === "/") {
    const host = request.headers.host ?? "localhost:7474";
    send(response, 200, {
      stand_in: standInNotice(product),
      starts_on_this_volume: starts,
      transaction: `http://${host}/db/{databaseName}/tx`,
      neo4j_version: "0.0.0-stand-in",
      neo4j_edition: "stand-in",
    });
  } else if (!path.startsWith("/db/")) {
    send(response, 404, failure("Neo.ClientError.Request.Invalid", `${path}: no such path.`));
  } else if (!isAllowed(request.headers.authorization)) {
    response.setHeader("www-authenticate", 'Basic realm="Neo4j"');
    send(response, 401, failure("Neo.ClientError.Security.Unauthorized", "Invalid credential."));
  } else {
    send(response, 501, failure("Neo.DatabaseError.General.UnknownError", "It answers no queries."));
  }
}

function failure(code: string, message: string): unknown {
  return { results: [], errors: [{ code, message: `${message} ${standInNotice(product)}` }] };
}

function isAllowed(authorization = ""): boolean {
  if (credentials === "none") return true;
  const expected = `Basic ${Buffer.from(credentials.replace("/", ":")).toString("base64")}`;
  return timingSafeEqual(hash(authorization), hash(expected));
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(`${JSON.stringify(value)}\n`);
}
