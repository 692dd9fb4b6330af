import { parse, stringify } from "yaml";
import { z } from "zod";
import { networkAlias } from "../../contract/index.ts";
import type { Colour, Manifest, Route } from "../../contract/index.ts";
import { entryPoints } from "../platform/ingressConfiguration.ts";

/** One colour of an instance as Traefik should see it. */
export interface Target {
  readonly colour: Colour;
  readonly releaseId: string;
  readonly routes: readonly Route[];
  /** Number of containers per service. */
  readonly replicas: Readonly<Record<string, number>>;
}

/** What an instance's file says: who serves the public, and who is being tried out, reachable by token only. */
export interface Routing {
  readonly instance: string;
  readonly serving: Target | undefined;
  readonly candidate: Target | undefined;
  /** Random per rollout. Whoever knows it reaches the candidate's and the probe's routers. */
  readonly token: string;
}

export const candidateHeader = "X-Terrace-Candidate";
export const probeHeader = "X-Terrace-Probe";
/** Set by our middleware on answers of the candidate's and the probe's routers. */
export const releaseHeader = "X-Terrace-Release";

/** Above every router that goes by the length of its rule, Traefik's default; in between, a longer rule still wins. */
const tokenPriority = 1_000_000;

export function targetOf(manifest: Manifest, releaseId: string, colour: Colour): Target {
  const services = Object.entries(manifest.release.runtime.document.services);
  const replicas = Object.fromEntries(services.map(([name, service]) => [name, service.scale ?? 1]));
  return { colour, releaseId, routes: manifest.release.routes, replicas };
}

type Kind = "serving" | "candidate" | "probe";

/**
 * Parts are joined by two hyphens, which no name contains: with one, `shop-pre` + `prod-web` and `shop-pre-prod` + `web` would be one
 * router, and Traefik drops a router that two files declare.
 */
export function routerName(instance: string, route: string, kind: Kind): string {
  return kind === "serving" ? `${instance}--${route}` : `${instance}--${route}--${kind}`;
}

/** Unique per colour, so that a new colour never changes a service that still serves. */
export function serviceName(instance: string, colour: Colour, route: Pick<Route, "service" | "port">): string {
  return `${instance}--${colour}--${route.service}--${route.port}`;
}

/** Addresses of a service: aliases, since addresses are given anew at each start. */
export function serverUrls(instance: string, target: Target, route: Pick<Route, "service" | "port">): string[] {
  const count = target.replicas[route.service] ?? 1;
  return Array.from(
    { length: count },
    (_, index) => `http://${networkAlias(instance, target.colour, route.service, index + 1)}:${route.port}`,
  );
}

/** What Traefik's file provider gets; the names are those of its dynamic configuration. `undefined` when there is nothing to route. */
export function dynamicConfiguration(routing: Routing) {
  const { instance, serving, candidate, token } = routing;
  const parts: readonly (readonly [Kind, Target | undefined])[] = [
    ["serving", serving],
    ["probe", serving],
    ["candidate", candidate],
  ];
  const routers: Record<string, unknown> = {};
  const services: Record<string, unknown> = {};
  const middlewares: Record<string, unknown> = {};
  for (const [kind, target] of parts) {
    if (target === undefined || target.routes.length === 0) continue;
    const middleware = `${instance}--${kind}`;
    for (const route of target.routes) {
      const service = serviceName(instance, target.colour, route);
      routers[routerName(instance, route.name, kind)] = router(route, kind, service, middleware, token);
      services[service] = { loadBalancer: { servers: serverUrls(instance, target, route).map((url) => ({ url })) } };
    }
    if (kind !== "serving") middlewares[middleware] = probeHeaders(target.releaseId);
  }
  if (Object.keys(routers).length === 0) return undefined;
  return { http: { routers, services, ...(Object.keys(middlewares).length === 0 ? {} : { middlewares }) } };
}

function router(route: Route, kind: Kind, service: string, middleware: string, token: string) {
  const entry = { entryPoints: [entryPoints.secure], service, tls: {} };
  if (kind === "serving") return { rule: publicRule(route), ...entry };
  const header = kind === "candidate" ? candidateHeader : probeHeader;
  const rule = `${publicRule(route)} && Header(\`${header}\`, \`${token}\`)`;
  return { rule, priority: tokenPriority + rule.length, middlewares: [middleware], ...entry };
}

export function publicRule(route: Pick<Route, "host" | "pathPrefix">): string {
  const host = `Host(\`${route.host}\`)`;
  return route.pathPrefix === "/" ? host : `${host} && PathPrefix(\`${route.pathPrefix}\`)`;
}

/** The token is taken off before the app sees the request: logs of an app are read by more people than this file. */
function probeHeaders(releaseId: string) {
  return {
    headers: {
      customRequestHeaders: { [candidateHeader]: "", [probeHeader]: "" },
      customResponseHeaders: { [releaseHeader]: releaseId, "Cache-Control": "no-store" },
    },
  };
}

/** Text of the instance's file. `undefined`: there must be none. */
export function routerFileText(routing: Routing): string | undefined {
  const configuration = dynamicConfiguration(routing);
  if (configuration === undefined) return undefined;
  const head = `# Written by terrace at each rollout of ${routing.instance}; changes by hand are lost.\n`;
  return head + stringify(configuration, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The parts of an instance's file that say who serves what. */
export const RouterFile = z.object({
  http: z.object({
    routers: z.record(z.string(), z.object({ rule: z.string(), service: z.string() })),
    services: z.record(z.string(), z.object({ loadBalancer: z.object({ servers: z.array(z.object({ url: z.string() })) }) })),
  }),
});
export type RouterFile = z.infer<typeof RouterFile>;

/** Reads a file back, also one that an earlier version of the program wrote. Throws when it is not one of ours. */
export function parseRouterFile(text: string): RouterFile {
  return RouterFile.parse(parse(text));
}

/** The same for a file that may have been broken by hand, which is then `undefined`. Traefik goes on with what it read before. */
export function tryRouterFile(text: string): RouterFile | undefined {
  try {
    return parseRouterFile(text);
  } catch {
    return undefined;
  }
}

/** Public host names of a file: those of the routers that need no token. */
export function routedHosts(text: string): string[] {
  const routers = tryRouterFile(text)?.http.routers ?? {};
  const rules = Object.values(routers).flatMap(({ rule }) => (rule.includes("Header(`") ? [] : [rule]));
  return [...new Set(rules.flatMap((rule) => [...rule.matchAll(/Host\(`([^`]+)`\)/g)].map(([, host = ""]) => host)))].sort();
}

/**
 * Every host name that a file's rules mention, also of one that cannot be parsed: Traefik may still route what stood in it before. What looks
 * like a host in a path is none: whoever writes one there would keep another environment from having a certificate for that name.
 */
export function writtenHosts(text: string): string[] {
  const rules = text.replace(/PathPrefix\(`[^`]*`\)/g, "");
  const lists = [...rules.matchAll(/\bHost\(([^)]*)\)/g)].map(([, list = ""]) => list);
  return [
    ...new Set(lists.flatMap((list) => [...list.matchAll(/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi)].map(([host]) => host.toLowerCase()))),
  ].sort();
}

/** Whether a file routes the public to exactly this target. */
export function leadsTo(text: string | undefined, instance: string, target: Target): boolean {
  const routers = (text === undefined ? undefined : tryRouterFile(text))?.http.routers ?? {};
  return target.routes.every(
    (route) => routers[routerName(instance, route.name, "serving")]?.service === serviceName(instance, target.colour, route),
  );
}
