import { z } from "zod";
import type { Route } from "../../contract/index.ts";
import type { RouterFile } from "./routing.ts";

/** What Traefik says it routes, from `/api/rawdata`: the part that is used here. Names end in `@<provider>`. */
export const IngressView = z.object({
  routers: z
    .record(
      z.string(),
      z.object({
        rule: z.string().default(""),
        service: z.string().default(""),
        status: z.string(),
        error: z.array(z.string()).optional(),
      }),
    )
    .default({}),
  services: z
    .record(
      z.string(),
      z.object({
        status: z.string().optional(),
        loadBalancer: z.object({ servers: z.array(z.object({ url: z.string() })).nullish() }).optional(),
      }),
    )
    .default({}),
});
export type IngressView = z.infer<typeof IngressView>;

/** What Traefik does not yet show of an instance's file, or shows although it should be gone; `undefined` when it has taken all of it. */
export function missing(view: IngressView, instance: string, file: RouterFile | undefined): string | undefined {
  const wanted = Object.entries(file?.http.routers ?? {});
  for (const [router, { rule, service }] of wanted) {
    const found = view.routers[`${router}@file`];
    if (found === undefined) return `router ${router} is not there`;
    if (found.status !== "enabled") return `router ${router} is ${found.status}: ${found.error?.join("; ") ?? "no reason given"}`;
    // The rule holds the token, by which alone two attempts at one colour differ. Neither is said: reports are read by many.
    if (found.rule !== rule) return `router ${router} has another rule`;
    if (found.service !== service) return `router ${router} leads to ${found.service}, not to ${service}`;
    const servers = view.services[`${service}@file`]?.loadBalancer?.servers ?? [];
    const urls = file?.http.services[service]?.loadBalancer.servers ?? [];
    const [shown, expected] = [servers, urls].map((list) => list.map(({ url }) => url).join(", "));
    if (shown !== expected) return `service ${service} has ${shown === "" ? "no server" : shown}, not ${expected}`;
  }
  const names = new Set(wanted.map(([router]) => `${router}@file`));
  const left = Object.keys(view.routers).find((name) => isOurs(name, instance) && !names.has(name));
  return left === undefined ? undefined : `router ${left} is still there`;
}

function isOurs(router: string, instance: string): boolean {
  return router.startsWith(`${instance}--`) && router.endsWith("@file");
}

/** Instances that have routers. */
export function routedInstances(view: IngressView): string[] {
  return [...new Set(Object.keys(view.routers).flatMap((name) => instanceOf(name) ?? []))];
}

function instanceOf(router: string): string | undefined {
  return /^(.+?)--.+@file$/.exec(router)?.[1];
}

/**
 * Who else routes what a release wants, for a person; `undefined` when nobody does. A host name may be shared by path among the instances
 * of one environment (`neighbours`) and with routers that are not ours: a longer path wins, so staging could take requests from prod's.
 */
export function routeClash(
  view: IngressView,
  instance: string,
  routes: readonly Route[],
  neighbours: ReadonlySet<string>,
): string | undefined {
  const others = Object.entries(view.routers).filter(([name]) => !isOurs(name, instance));
  for (const route of routes) {
    const clash = others.find(([name, { rule }]) => {
      const other = instanceOf(name);
      const foreign = other !== undefined && !neighbours.has(other);
      return rulePlaces(rule).some((place) => place.host === route.host && (foreign || place.path === route.pathPrefix));
    });
    if (clash !== undefined) {
      // Without the token that leads to a candidate or a probe: it is the other instance's, and the words go to whoever asks.
      const rule = clash[1].rule.replace(/ && Header\(.*$/s, "");
      return `router ${clash[0]} already takes ${route.host}${route.pathPrefix} (${rule})`;
    }
  }
  return undefined;
}

/** Hosts of a rule, each with the path prefix it asks for. Rules without a Host (such as the redirect to HTTPS) claim no name. */
function rulePlaces(rule: string): { host: string; path: string }[] {
  const path = /PathPrefix\(`([^`]+)`\)/.exec(rule)?.[1] ?? "/";
  return [...rule.matchAll(/Host\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    [...list.matchAll(/`([^`]+)`/g)].map(([, host = ""]) => ({ host: host.toLowerCase(), path })),
  );
}
