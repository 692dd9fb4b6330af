import { appFileName } from "../appFiles.ts";
import { fault, type Fault, type PathSegment, secretLook } from "../fault.ts";
import { parseYaml } from "../yamlFile.ts";
import { faultAt, faultIn, type Rule } from "./draft.ts";

type At = (path: readonly PathSegment[], what: string, next: string) => Fault;

/** Whether a plain variable is a secret by its name. An empty one is none, nor is the place of a file that holds it. */
export function isSecretByName(name: string, value: string): boolean {
  const isNamedSo = /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|CREDENTIALS?)$/i.test(name);
  return isNamedSo && value !== "" && !value.startsWith("/run/secrets/");
}

/** A stack file is read by everybody who can read the repository, and stays in its history. */
export const noSecrets: Rule = function* ({ settings }) {
  yield* secretsBelow(settings, [], (path, what, next) => faultAt(path, `${what} and must not stand in a stack file`, next));
};

/** So are the files of an app; and what stands in them stands in every preview, and in Pulumi's state, in clear. */
export const noSecretsOfApps: Rule = function* ({ apps }) {
  for (const [app, { compose, config = {}, app: checks, secrets }] of Object.entries(apps)) {
    const inApp: At = (path, what, next) => faultIn(appFileName(app, "app"), path, `${what} and would stand in every preview`, next);
    const inCompose: At = (path, what, next) =>
      faultIn(appFileName(app, "compose"), path, `${what} and would stand in every preview`, next);
    yield* secretsBelow(checks, [], inApp);
    for (const [index, { headers }] of (checks?.smoke ?? []).entries())
      for (const name of Object.keys(headers).filter((one) => /^(?:proxy-)?authorization$|^cookie$/i.test(one)))
        yield inApp(["smoke", index, "headers", name], "carries credentials", "check something that needs none");
    const yaml = compose === undefined ? undefined : parseYaml(compose, "");
    if (yaml?.kind === "read") {
      yield* secretsBelow(yaml.value, [], inCompose);
      for (const { service, name, value } of plainVariables(yaml.value))
        if (isSecretByName(name, value) && secretLook(value) === undefined && secrets?.variables[name]?.services.includes(service) !== true)
          yield inCompose(
            ["services", service, "environment", name],
            "is a secret by its name",
            `put it into the secret store and name it in ${appFileName(app, "secrets")}`,
          );
    }
    for (const [path, content] of Object.entries(config)) {
      const look = secretLook(content) ?? secretLook(content.split("\n"));
      if (look !== undefined)
        yield fault(
          `apps/${app}/config/${path}`,
          `holds what looks like ${look} and would stand in every preview`,
          "put it into the secret store, let secrets.yaml deliver it as a file, and replace it: it has been written down",
        );
    }
  }
};

function* secretsBelow(value: unknown, path: readonly PathSegment[], at: At): Iterable<Fault> {
  if (typeof value === "string") {
    const look = secretLook(value);
    if (look !== undefined) yield at(path, `looks like ${look}`, "put it into the secret store, and replace it: it has been written down");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) for (const [index, member] of value.entries()) yield* secretsBelow(member, [...path, index], at);
  else for (const [key, member] of Object.entries(value)) yield* secretsBelow(member, [...path, key], at);
}

/** Variables with a value in a compose file, in either of Compose's forms. */
function* plainVariables(compose: unknown): Iterable<{ readonly service: string; readonly name: string; readonly value: string }> {
  for (const [service, body] of Object.entries(mapping(mapping(compose)["services"]))) {
    const environment = mapping(body)["environment"];
    for (const [key, written] of Object.entries(mapping(environment))) {
      const pair = Array.isArray(environment) ? /^([^=]+)=(.*)$/s.exec(String(written)) : undefined;
      if (pair === undefined && (typeof written === "string" || typeof written === "number"))
        yield { service, name: key, value: String(written) };
      else if (pair != null) yield { service, name: pair[1] ?? "", value: pair[2] ?? "" };
    }
  }
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
