import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestCertificates } from "./certificates.ts";

/** A request as a registry sees it. */
export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ScriptedRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  take(): readonly RegistryRequest[];
  close(): Promise<void>;
}

/** A registry on loopback, over TLS when certificates are given, whose answers a test decides request by request. */
export async function startScriptedRegistry(
  answer: (request: RegistryRequest, host: string) => RegistryAnswer,
  certificates?: TestCertificates,
): Promise<ScriptedRegistry> {
  let seen: RegistryRequest[] = [];
  let host = "";
  const listener: RequestListener = (incoming, response) => {
    const { authorization, accept } = incoming.headers;
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", authorization, accept };
    seen.push(request);
    const { status, headers = {}, body = "" } = answer(request, host);
    response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
  };
  const server =
    certificates === undefined
      ? createServer(listener)
      : createTlsServer({ cert: `${certificates.certificate}\n${certificates.authority}`, key: certificates.privateKey }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: () => new Promise<void>((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error)))),
  };
}
