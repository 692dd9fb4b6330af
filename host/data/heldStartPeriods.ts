import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { secretsKey } from "./dataPlan.ts";
import type { DataPlan } from "./dataPlan.ts";

interface Service {
  readonly healthcheck?: { readonly start_period?: string };
}

interface Document {
  readonly services?: Readonly<Record<string, Service | undefined>>;
  readonly [secretsKey]?: unknown;
}

/**
 * Keeps the start period of the document before (`previousText`) where nothing else of a healthy service changed. It only says how long
 * failed checks do not count while a service starts, and Docker cannot change it on a container: a database would be stopped and made anew
 * for another health timeout. It changes with the next thing that makes the service anew, other secrets included. Pure.
 */
export function withHeldStartPeriods(
  document: DataPlan["document"],
  previousText: string | undefined,
  healthy: ReadonlySet<string>,
): DataPlan["document"] {
  const previous = previousText === undefined ? undefined : documentOf(previousText);
  const wanted = document as Document | null;
  if (wanted?.services === undefined || previous?.services === undefined || previous[secretsKey] !== wanted[secretsKey]) return document;
  const { services: before } = previous;
  const services = Object.entries(wanted.services).map(([name, service]) => {
    const held = before[name];
    return [name, healthy.has(name) && isDeepStrictEqual(withoutPeriod(held), withoutPeriod(service)) ? held : service] as const;
  });
  return { ...document, services: Object.fromEntries(services) };
}

/** What lies on the host may have been changed by hand: then there is nothing to hold. */
function documentOf(text: string): Document | undefined {
  try {
    const value: unknown = parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutPeriod(service: Service | undefined): unknown {
  return service?.healthcheck === undefined ? service : { ...service, healthcheck: { ...service.healthcheck, start_period: undefined } };
}
