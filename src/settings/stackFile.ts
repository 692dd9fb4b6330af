import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { fault, type Fault, faultsError, seen } from "./fault.ts";
import { declaredSettings, resolveSettings, type SettingsSource } from "./resolve.ts";
import { nearest } from "../../components/shared/nearest.ts";
import { HostSettings, StackSettings } from "./schema.ts";
import { parsePeoplesFile } from "../../components/shared/schemaFaults.ts";
import type { DeclaredSettings, Settings } from "./settings.ts";
import { UserError } from "./userError.ts";
import { parseYaml, readText } from "./yamlFile.ts";

/** Root of the checkout this file belongs to. */
export const checkoutRoot = resolve(import.meta.dirname, "../..");

/** Pulumi project, and name space of our keys in stack files. `Pulumi.yaml` says the same. */
export const projectName = "terrace";

const namespace = `${projectName}:`;

/**
 * The settings of a stack, read from its YAML file without Pulumi: for the command line, which must start quickly and work where Pulumi's
 * backend does not. Throws one UserError with every fault.
 */
export function readStackFile(stack: string, root: string = checkoutRoot): Settings {
  return resolveSettings(readStackConfig(stack, root));
}

/** The same, without a look at images: for what makes them known, and for what has nothing to do with them. */
export function readDeclaredStackFile(stack: string, root: string = checkoutRoot): DeclaredSettings {
  return declaredSettings(readStackConfig(stack, root));
}

/**
 * Only where the host is: on call one must get there whatever else is wrong with the stack file. Throws a UserError with the faults of
 * `host`.
 */
export function readHostSettings(stack: string, root: string = checkoutRoot): HostSettings {
  const parsed = parsePeoplesFile(z.object({ host: HostSettings }), readStackConfig(stack, root).raw);
  if (parsed.kind === "faulty") throw faultsError(`Pulumi.${stack}.yaml`, parsed.faults);
  return parsed.value.host;
}

/** Path of a stack's file. */
export function stackFilePath(stack: string, root: string = checkoutRoot): string {
  return join(root, `Pulumi.${stack}.yaml`);
}

const StackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/** Our keys of a stack file without their name space. Throws a UserError where there is no such stack, or no YAML. */
function readStackConfig(stack: string, root: string): SettingsSource {
  const file = `Pulumi.${stack}.yaml`;
  if (!stackNames(root).includes(stack))
    throw new UserError(`stack "${stack}": there is no ${file}; stacks here are: ${stackNames(root).join(", ") || "none"}`);
  const text = readText(stackFilePath(stack, root), file, "");
  const yaml = text.kind === "read" ? parseYaml(text.value, file) : text;
  if (yaml.kind === "faulty") throw faultsError(file, yaml.faults);
  const parsed = StackFile.safeParse(yaml.value ?? {});
  if (!parsed.success) throw faultsError(file, [fault("config", "must be a mapping", "see docs/settings.md")]);
  const { config } = parsed.data;
  const raw: Record<string, unknown> = {};
  const faults: Fault[] = [
    ...defaultProviderFaults(config["pulumi:disable-default-providers"]),
    ...namespaceFaults(Object.keys(config), projectName),
  ];
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith(namespace)) continue;
    const name = key.slice(namespace.length);
    if (isEncrypted(value)) faults.push(encryptedFault(name));
    else raw[name] = value;
  }
  return { project: projectName, stack, raw, root, faults };
}

/** Stacks that have a file, sorted. */
export function stackNames(root: string = checkoutRoot): readonly string[] {
  return readdirSync(root)
    .flatMap((name) => /^Pulumi\.([^.]+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();
}

/** A default provider would take credentials from whatever environment it finds: every provider here is explicit. */
export function defaultProviderFaults(value: unknown): readonly Fault[] {
  const disabled = Array.isArray(value) && value.includes("*");
  return disabled
    ? []
    : [
        fault(
          "pulumi:disable-default-providers",
          `must be ["*"], got ${seen(value)}`,
          'add it below config, next to the keys that begin with "terrace:"',
        ),
      ];
}

/**
 * Keys of neither the project nor Pulumi. Nobody reads them, so a typing error in a namespace would say the same as a removed key: that DNS
 * records, or apps, are to go. Default providers, which read namespaces of their own, are disabled.
 */
export function namespaceFaults(keys: readonly string[], project: string): readonly Fault[] {
  return keys.flatMap((key) => {
    const at = key.indexOf(":");
    const written = at < 0 ? "" : key.slice(0, at);
    const name = key.slice(at + 1);
    if (written === project || written === "pulumi") return [];
    const meant = nearest(written, [project, "pulumi"]) ?? (Object.hasOwn(StackSettings.shape, name) ? project : undefined);
    return [
      fault(
        key,
        at < 0 ? "has no namespace" : "is not in a namespace that is read here",
        meant === undefined
          ? `remove it: settings begin with "${project}:", Pulumi's own with "pulumi:"`
          : `did you mean "${meant}:${name}"?`,
      ),
    ];
  });
}

/** Pulumi's own secrets: one more place for secrets, and one that the host and the command line could not read. */
export function encryptedFault(name: string): Fault {
  return fault(name, "holds a value encrypted by Pulumi, and settings hold no secrets", "put the value into the secret store");
}

/** Pulumi writes an encrypted value as a mapping with the one key `secure`, wherever it stands. */
function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  return (keys.length === 1 && keys[0] === "secure") || Object.values(value).some(isEncrypted);
}
