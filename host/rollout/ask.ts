import { readFile } from "node:fs/promises";
import type { Manifest, Route } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { releaseHeader } from "../ingress/routing.ts";
import type { Mask } from "./mask.ts";
import { probe } from "./probe.ts";
import type { ProbeAnswer, ProbeRequest } from "./probe.ts";
import { echoFault, headerFault } from "./verdict.ts";

/** Where requests of the program's own go in: this host's ingress, over the loopback. Its certificate is the edge's to judge, not ours. */
const ownIngress = { address: "127.0.0.1", port: 443, authorities: undefined } as const;

const quickSeconds = 5;

/** Asks through the host's own :443 with the right server name. */
export async function askLocally(
  route: Pick<Route, "host">,
  request: Pick<ProbeRequest, "method" | "path" | "headers" | "body" | "timeoutSeconds">,
): Promise<ProbeAnswer> {
  return probe({ ...ownIngress, host: route.host, until: "end", ...request });
}

/** Where a release shows who it is: the path that echoes its id, else the first route, where our middleware says it. */
export interface Signpost {
  readonly route: Route;
  readonly path: string;
  readonly echoes: boolean;
}

export function signpost(manifest: Manifest): Signpost | undefined {
  const { checks, routes } = manifest.release;
  const echo = checks.releaseEcho;
  const route = echo === null ? routes[0] : routes.find(({ name }) => name === echo.route);
  if (route === undefined) return undefined;
  return { route, path: echo?.path ?? route.pathPrefix, echoes: echo !== null };
}

/** What an answer of a signpost shows. */
export interface Showing {
  /** Why it does not prove the release; `undefined` when it does. */
  readonly fault: string | undefined;
  /** Release id that our middleware put on the answer, whichever it was. */
  readonly seen: string | undefined;
  /** Of the answer; `undefined` where there was none. */
  readonly status: number | undefined;
}

/** Asks a signpost whether it shows the release. Never rejects: no answer is a fault like any other. What it quotes goes through `mask`. */
export async function showing(
  { route, path, echoes }: Signpost,
  releaseId: string,
  tokenHeader: Readonly<Record<string, string>>,
  mask: Mask,
  where: Pick<ProbeRequest, "address" | "port" | "authorities"> = ownIngress,
): Promise<Showing> {
  const request = {
    method: "GET",
    path,
    headers: { ...tokenHeader, "cache-control": "no-store" },
    body: null,
    timeoutSeconds: quickSeconds,
    // Our header proves the routing; only an echo stands in the body. A route may answer with events that never end.
    until: echoes ? "end" : "head",
  } as const;
  try {
    const answer = await probe({ ...where, host: route.host, ...request });
    const seen = answer.headers[releaseHeader.toLowerCase()];
    return {
      fault: headerFault(answer, releaseId, path) ?? (echoes ? echoFault(answer, releaseId, mask) : undefined),
      seen: typeof seen === "string" ? seen : undefined,
      status: answer.status,
    };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), seen: undefined, status: undefined };
  }
}

/** The way everybody comes: by the public name, with a certificate that this system trusts. */
export async function publicWay(
  { paths }: Pick<Context, "paths">,
  route: Pick<Route, "host">,
): Promise<Pick<ProbeRequest, "address" | "port" | "authorities">> {
  // Node brings its own list of authorities; what this server trusts is the system's.
  return { address: route.host, port: 443, authorities: await readFile(paths.systemAuthorities, "utf8") };
}
