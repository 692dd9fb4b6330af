import { z } from "zod";

/**
 * Names cross into paths, compose projects, network aliases, Traefik routers and unit names, so each has the smallest alphabet that all of
 * these share: lower case letters, digits and single hyphens, beginning with a letter (a leading `-` would read as an option).
 */
const label = (maximum: number): RegExp => new RegExp(`^(?=.{1,${maximum}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$`);

const labelRule = "lower case letters, digits and single hyphens, beginning with a letter";

/** A stack and environment: `staging`, `test`, `prod`. */
export const EnvironmentName = z.string().regex(label(16), `must be ${labelRule}, at most 16 characters`);

/** An application folder under `apps/`. */
export const AppName = z.string().regex(label(24), `must be ${labelRule}, at most 24 characters`);

/** `<app>-<environment>`: the name in every path, compose project, network, router and lock on a host. */
export const InstanceName = z.string().regex(label(41), `must be ${labelRule}, at most 41 characters`);

/** A compose service. Compose itself allows more (`_`, `.`); these would not survive as a network alias. */
export const ServiceName = z.string().regex(label(32), `must be ${labelRule}, at most 32 characters`);

/** A named volume or network as written in `compose.yaml`. */
export const ResourceName = z.string().regex(label(32), `must be ${labelRule}, at most 32 characters`);

/** A name of an environment variable (POSIX, upper case by convention of the secret store). */
export const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be letters, digits and underscores, not beginning with a digit, at most 128 characters");

/** A fully qualified domain name, lower case, no trailing dot (RFC 1035 lengths). */
export const HostName = z
  .string()
  .max(253, "must be at most 253 characters")
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a full domain name in lower case without a trailing dot",
  );

/** An absolute URL path without query, for probes and routes. */
export const UrlPath = z
  .string()
  .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/%-]{0,1023}$/, "must be an absolute URL path without query or fragment");

/** Text for people that goes into one line of a log or a terminal: a control character in it could forge the next line, or hide this one. */
export const Line = z.string().regex(/^[\x20-\x7e\xa0-\u2027\u202a-\uffff]*$/, "must be one line without control characters");

/** A git commit, short or long. */
export const Commit = z.string().regex(/^[0-9a-f]{7,40}$/, "must be 7 to 40 lower case hexadecimal digits");

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower case hexadecimal digits");

/** Instance of an app in an environment. One function, so that no two places can disagree. */
export function instanceName(app: string, environment: string): string {
  return `${app}-${environment}`;
}

export const colours = ["blue", "green"] as const;
export type Colour = (typeof colours)[number];
export const Colour = z.enum(colours);

export function otherColour(colour: Colour): Colour {
  return colour === "blue" ? "green" : "blue";
}

/** Compose project of one colour of an instance. */
export function colourProject(instance: string, colour: Colour): string {
  return `${instance}-${colour}`;
}

/** Compose project, and name of the network, of an instance's stateful services. */
export function dataProject(instance: string): string {
  return `${instance}-data`;
}

/**
 * Alias of a container on networks that several colours and instances share. Docker answers a bare service name from the first network in
 * name order, so on a shared network only this name is safe.
 */
export function networkAlias(instance: string, colour: Colour, service: string, replica = 1): string {
  const alias = `${instance}-${colour}-${service}`;
  return replica === 1 ? alias : `${alias}-${replica}`;
}

/** Containers that would answer to the name of another service's: `web` with two of them, and `web-2`. `scales`: how many by service. */
export function aliasClashes(
  scales: Readonly<Record<string, number>>,
): readonly { readonly service: string; readonly replica: number; readonly other: string }[] {
  const taken = new Map<string, string>();
  return Object.entries(scales).flatMap(([service, scale]) =>
    Array.from({ length: scale }, (_, index) => index + 1).flatMap((replica) => {
      // Instance and colour are the same for all of them.
      const alias = networkAlias("", "blue", service, replica);
      const other = taken.get(alias);
      taken.set(alias, service);
      return other === undefined ? [] : [{ service, replica, other }];
    }),
  );
}
