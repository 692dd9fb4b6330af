import { environmentDeliveryFault, referenceFault } from "../../../contract/index.ts";
import { nearest } from "../../../components/shared/nearest.ts";
import { generatedValue } from "../../secrets/generate.ts";
import { type ProgramVariable, programVariables } from "../../secrets/programVariables.ts";
import type { VariableDeclaration } from "../../secrets/secretsFile.ts";
import { valueFault } from "../../secrets/validation.ts";
import { appFileName } from "../appFiles.ts";
import { type Fault, type PathSegment, seen } from "../fault.ts";
import { entries, faultAt, faultIn, isWritten, listed, members, promoteCommand, type Rule } from "./draft.ts";
import { isSecretByName } from "./secrecy.ts";

/** Routes: names unique in the app, host and path unique in the stack, hosts that DNS knows, services that serve. */
export const routes: Rule = function* ({ settings, apps }) {
  const records = settings.edge?.records;
  const recordNames = new Set([...members(records)].flatMap(([, record]) => record.name ?? []));
  const claimed = new Map<string, string>();
  for (const [app, { routes }] of entries(settings.apps)) {
    const roles = apps[app]?.roles;
    const names = new Map<string, number>();
    for (const [index, route] of members(routes)) {
      const path = ["apps", app, "routes", index] as const;
      const twin = route.name === undefined ? undefined : names.get(route.name);
      if (twin !== undefined)
        yield faultAt([...path, "name"], `is that of routes[${twin}] too: ${seen(route.name)}`, "give each route its own");
      else if (route.name !== undefined) names.set(route.name, index);
      if (route.host !== undefined) {
        const claim = `${route.host}${route.pathPrefix ?? "/"}`;
        const earlier = claimed.get(claim);
        if (earlier !== undefined)
          yield faultAt(
            [...path, "host"],
            `is taken by ${earlier} for the same path: ${seen(route.host)}`,
            "choose another host or pathPrefix",
          );
        else claimed.set(claim, `apps.${app}.routes[${index}]`);
        if (records !== undefined && !recordNames.has(route.host))
          yield faultAt([...path, "host"], `has no DNS record, got ${seen(route.host)}`, "add a record of that name to edge.records");
      }
      if (route.service === undefined || roles === undefined) continue;
      const role = roles[route.service];
      if (role === "web") continue;
      const web = listed(Object.keys(roles).filter((name) => roles[name] === "web"));
      const what =
        role === undefined
          ? `must be a service of ${appFileName(app, "compose")}`
          : `must be a service with role web, ${route.service} has role ${role}`;
      yield faultAt([...path, "service"], `${what}, got ${seen(route.service)}`, `choose one of: ${web}`);
    }
  }
};

/** Every service has exactly one image, and literal images say where they came from. */
export const images: Rule = function* ({ stack, settings, apps }) {
  for (const [app, written] of entries(settings.apps)) {
    const { images } = written;
    const hasRelease = isWritten(written, "release");
    const path = ["apps", app] as const;
    if (images === "fromBuild") {
      if (hasRelease)
        yield faultAt(
          [...path, "release"],
          'must not stand beside "images: fromBuild", whose file says it',
          `remove it, or ${promoteCommand(stack, app)}`,
        );
      continue;
    }
    if (images === undefined) {
      if (!isWritten(written, "images")) yield faultAt([...path, "images"], "is missing", promoteCommand(stack, app));
      continue;
    }
    for (const [service, reference] of entries(images)) {
      const wrong = referenceFault(reference)?.split("; ")[0];
      if (wrong !== undefined) yield faultAt([...path, "images", service], `${wrong}, got ${seen(reference)}`, promoteCommand(stack, app));
    }
    if (!hasRelease)
      yield faultAt([...path, "release"], "is missing: a reviewer must see where the images came from", promoteCommand(stack, app));
    const roles = apps[app]?.roles;
    if (roles === undefined) continue;
    for (const service of Object.keys(roles)) {
      if (!Object.hasOwn(images, service))
        yield faultAt(
          [...path, "images", service],
          `is missing: ${appFileName(app, "compose")} has this service`,
          promoteCommand(stack, app),
        );
    }
    for (const service of Object.keys(images)) {
      if (!Object.hasOwn(roles, service))
        yield faultAt(
          [...path, "images", service],
          `belongs to no service of ${appFileName(app, "compose")}`,
          meant(service, Object.keys(roles)),
        );
    }
  }
};

function meant(service: string, services: readonly string[]): string {
  const near = nearest(service, services);
  return near === undefined ? "remove it" : `did you mean "${near}"?`;
}

/** Plain variables: of services that exist, never a secret, never one that the host sets itself. */
export const environment: Rule = function* ({ settings, apps }) {
  for (const [app, { environment }] of entries(settings.apps)) {
    const { roles, secrets } = apps[app] ?? {};
    for (const [service, variables] of entries(environment)) {
      const path = ["apps", app, "environment", service] as const;
      if (roles !== undefined && !Object.hasOwn(roles, service)) {
        yield faultAt(path, `belongs to no service of ${appFileName(app, "compose")}`, `choose one of: ${listed(Object.keys(roles))}`);
        continue;
      }
      for (const [name, value] of entries(variables)) {
        const declared = secrets?.variables[name];
        if (declared?.services.includes(service) === true)
          yield faultAt(
            [...path, name],
            `is a secret of ${appFileName(app, "secrets")} and cannot be set here`,
            "remove it in one of the two places",
          );
        else if (isSecretByName(name, value))
          yield faultAt(
            [...path, name],
            "is a secret by its name and must not stand in a stack file",
            `put it into the secret store and name it in ${appFileName(app, "secrets")}`,
          );
        if (name.startsWith("TERRACE_"))
          yield faultAt([...path, name], `is set by the host itself, got ${seen(value)}`, "give it another name");
      }
    }
  }
};

/** Checks name routes of this stack. */
export const checks: Rule = function* ({ settings, apps }) {
  for (const [app, { routes }] of entries(settings.apps)) {
    const file = apps[app]?.app;
    if (file === undefined) continue;
    // Of two routes with one name the first counts: that there is a second is told where it stands.
    const prefixes = new Map<string, string>();
    for (const [, { name: route, pathPrefix = "/" }] of members(routes))
      if (route !== undefined && !prefixes.has(route)) prefixes.set(route, pathPrefix);
    const next = `choose one of: ${listed(prefixes.keys())}; routes stand in apps.${app}.routes of the stack file`;
    const name = appFileName(app, "app");
    if (file.releaseEcho !== null && !prefixes.has(file.releaseEcho.route))
      yield faultIn(name, ["releaseEcho", "route"], `must be a route of this stack, got ${seen(file.releaseEcho.route)}`, next);
    yield* outsideFaults(name, ["releaseEcho", "path"], file.releaseEcho, prefixes);
    for (const [index, check] of file.smoke.entries()) {
      yield* outsideFaults(name, ["smoke", index, "path"], check, prefixes);
      if (!prefixes.has(check.route))
        yield faultIn(name, ["smoke", index, "route"], `must be a route of this stack, got ${seen(check.route)}`, next);
    }
  }
};

/** A request to a path that its route does not take would be answered by another service, or by nobody. */
function* outsideFaults(
  file: string,
  at: readonly PathSegment[],
  check: { readonly route: string; readonly path: string } | null,
  prefixes: ReadonlyMap<string, string>,
): Iterable<Fault> {
  const prefix = check === null ? undefined : prefixes.get(check.route);
  if (check !== null && prefix !== undefined && !check.path.startsWith(prefix))
    yield faultIn(
      file,
      at,
      `must begin with ${prefix}, the pathPrefix of route ${check.route}, got ${seen(check.path)}`,
      "correct it, or choose the route that takes it",
    );
}

/** What is wrong with each value that `generate` would make, and nobody could put right: what is there is never overwritten. */
function generationFault({ generate, validate }: VariableDeclaration, name: string): string | undefined {
  if (generate === undefined) return undefined;
  // Whether a pattern fits may differ from one value to the next, and a fault must not.
  return valueFault(generatedValue(generate, name), validate.kind === "text" ? { ...validate, pattern: undefined } : validate);
}

/** Variables go to services that exist, in a way that exists for them, and never are what the program keeps to itself. */
export const secrets: Rule = function* ({ settings, apps }) {
  const programFolder = settings.secretStore?.path ?? "/";
  for (const [app, { roles, secrets }] of Object.entries(apps)) {
    const name = appFileName(app, "secrets");
    for (const [variable, declaration] of entries(secrets?.variables)) {
      const path = ["variables", variable] as const;
      if (Object.hasOwn(programVariables, variable) && declaration.path === programFolder)
        yield faultIn(
          name,
          path,
          `is a variable of the program itself (${programVariables[variable as ProgramVariable].description})`,
          "containers must not see it: give theirs another name or path",
        );
      const delivery = declaration.deliver === "env" ? environmentDeliveryFault(variable) : undefined;
      if (delivery !== undefined)
        yield faultIn(name, [...path, "deliver"], delivery.split("; ")[0] ?? delivery, 'say "deliver: file", or give it another name');
      const unusable = generationFault(declaration, variable);
      if (unusable !== undefined)
        yield faultIn(name, [...path, "generate"], `makes a value that "validate" refuses: ${unusable}`, "make the two agree");
      if (roles === undefined) continue;
      const parts = new Set(declaration.services.map((service) => roles[service] === "data"));
      if (parts.size === 2 && declaration.onRollback === "release")
        yield faultIn(
          name,
          [...path, "onRollback"],
          'must be "latest": it goes to stateful services too, which are not rolled back, and an old value would not open them',
          'say "onRollback: latest"',
        );
      for (const [index, service] of declaration.services.entries()) {
        const at = [...path, "services", index];
        if (!Object.hasOwn(roles, service))
          yield faultIn(
            name,
            at,
            `must be a service of ${appFileName(app, "compose")}, got ${seen(service)}`,
            `choose from: ${listed(Object.keys(roles))}`,
          );
        else if (declaration.services.indexOf(service) !== index)
          yield faultIn(name, at, `is listed twice: ${seen(service)}`, "remove one");
        else if (roles[service] === "data" && declaration.deliver === "file")
          yield faultIn(
            name,
            at,
            `has role data, and stateful services get variables by environment only, got ${seen(service)}`,
            'say "deliver: env", or remove the service',
          );
      }
    }
  }
};
