import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type Server as HttpServer } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  createSecureContext,
  createServer as createTls,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
  type TLSSocket,
} from "node:tls";
import type { ZoneView } from "../cloudflare/index.ts";
import type { ClientMessage, ClientResponse } from "./exchange.ts";

/** A certificate that the edge shows to visitors, PEM; the names it is for are read from it. */
export interface EdgeCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An address of the edge with its two ports. */
export interface EdgeListener {
  readonly host: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

export interface DoorHandlers {
  request(message: ClientMessage, response: ClientResponse, encrypted: boolean): void;
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, encrypted: boolean): void;
}

export interface Doors {
  readonly ports: readonly { readonly http: number; readonly https: number }[];
  close(): Promise<void>;
}

const protocolRank: Readonly<Record<string, number>> = { "1.0": 0, "1.1": 1, "1.2": 2, "1.3": 3 };
const versions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Opens HTTP and HTTPS (HTTP/1.1 and HTTP/2) on every listener. TLS follows the zones' settings, changes of which need no restart. */
export async function openDoors(
  listeners: readonly EdgeListener[],
  certificates: readonly EdgeCertificate[],
  zones: ZoneView,
  handlers: DoorHandlers,
): Promise<Doors> {
  const contexts = certificates.map(({ certificate, privateKey }) => ({
    x509: new X509Certificate(certificate),
    context: createSecureContext({ cert: certificate, key: privateKey }),
  }));
  const contextOf = (name: string): SecureContext | undefined => contexts.find(({ x509 }) => x509.checkHost(name) !== undefined)?.context;
  const sockets = new Set<Socket>();
  const stopFollowing: (() => void)[] = [];
  const plain = httpDoor(false, handlers);
  const encrypted = httpDoor(true, handlers);
  const http2 = createHttp2((message, response) => handlers.request(message, response as unknown as ClientResponse, true));
  // One broken session is that client's affair.
  http2.on("sessionError", () => undefined);

  const openPlain = (): Server => createTcp({ noDelay: true }, (socket) => plain.emit("connection", socket));
  const secureOptions = (): SecureContextOptions => ({
    cert: certificates[0]?.certificate,
    key: certificates[0]?.privateKey,
    ...protocolRange(zones),
  });
  const openTls = (): Server => {
    const server = createTls({
      ...secureOptions(),
      noDelay: true,
      // A name that no certificate is for ends the handshake, as at Cloudflare.
      SNICallback: (name, done) => {
        const context = contextOf(name);
        if (context === undefined) done(new Error(`no certificate for ${name}`));
        else done(null, context);
      },
      ALPNCallback: ({ servername, protocols }) => {
        const zone = zones.zoneOf(servername.toLowerCase());
        if (protocols.includes("h2") && (zone === undefined || zones.setting(zone, "http2") === "on")) return "h2";
        return protocols.includes("http/1.1") ? "http/1.1" : undefined;
      },
    });
    server.on("secureConnection", (socket) => {
      if (tooOld(zones, socket)) socket.destroy();
      else (socket.alpnProtocol === "h2" ? http2 : encrypted).emit("connection", socket);
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    stopFollowing.push(zones.onChange(() => server.setSecureContext(secureOptions())));
    return server;
  };
  const servers: Server[] = [];
  const open = async (server: Server, host: string, port: number): Promise<number> => {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    // 511 is the default; a burst of an open-loop load generator can be longer.
    server.listen({ host, port, backlog: 4096 });
    servers.push(server);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    for (const stop of stopFollowing) stop();
    const closed = servers.filter((server) => server.listening).map((server) => once(server.close(), "close"));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  try {
    const ports: { http: number; https: number }[] = [];
    for (const { host, httpPort, httpsPort } of listeners) {
      ports.push({ http: await open(openPlain(), host, httpPort), https: await open(openTls(), host, httpsPort) });
    }
    return { ports, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An HTTP/1.1 server that never listens itself: connections are handed to it. */
function httpDoor(encrypted: boolean, handlers: DoorHandlers): HttpServer {
  const server = createHttp({
    // Cloudflare keeps idle clients for 400 s; shorter would make the race at the end of a connection ours.
    keepAliveTimeout: 400_000,
    requestTimeout: 0,
    headersTimeout: 60_000,
    noDelay: true,
    // Only websockets: an offer of h2c is to be ignored, not obeyed.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
  });
  server.on("request", (message, response) => handlers.request(message, response, encrypted));
  server.on("upgrade", (message, socket, head) => handlers.upgrade(message, socket, head, encrypted));
  return server;
}

function tooOld(zones: ZoneView, socket: TLSSocket): boolean {
  const name = typeof socket.servername === "string" ? socket.servername : "";
  const zone = zones.zoneOf(name);
  if (zone === undefined) return false;
  const spoken = versions.indexOf(socket.getProtocol() as SecureVersion);
  return spoken < (protocolRank[String(zones.setting(zone, "min_tls_version"))] ?? 0);
}

/** OpenSSL chooses the version before it hears the name, so the listener offers what the most generous zone allows. */
function protocolRange(zones: ZoneView): SecureContextOptions {
  const lowest = Math.min(...zones.zones.map((zone) => protocolRank[String(zones.setting(zone, "min_tls_version"))] ?? 2), 3);
  const least = zones.zones.length === 0 ? 2 : lowest;
  const modern = zones.zones.length === 0 || zones.zones.some((zone) => zones.setting(zone, "tls_1_3") !== "off");
  return {
    minVersion: versions[least] ?? "TLSv1.2",
    maxVersion: modern || least === 3 ? "TLSv1.3" : "TLSv1.2",
    // Before TLS 1.2 there are only digests that OpenSSL's default level forbids.
    ...(least < 2 ? { ciphers: "DEFAULT:@SECLEVEL=0" } : {}),
  };
}
