import { checkProperties } from "./check.ts";
import type { Checked } from "./check.ts";
import type { CheckFailure, Difference, ProviderDefinition } from "./definition.ts";
import { compareInputs } from "./difference.ts";
import type { Property, PropertyTable } from "./property.ts";
import { containsUnknown, isObject, Secret, Unknown, withoutSecrets } from "./value.ts";
import type { Properties, Value } from "./value.ts";
import { signatureName, signatures } from "./wire.ts";

/** What SDKs add to every provider's configuration. The engine reads them, a provider does not. */
const ofTheEngine: ReadonlySet<string> = new Set(["version", "pluginDownloadURL"]);

/**
 * Provider configuration as a program gave it. Values from the environment are filled in here and so become part of the state, as they do
 * with official providers. Secret marks do not reach this point: the engine copies them over from what it sent.
 */
export function checkConfig(provider: ProviderDefinition<unknown>, given: Properties, environment: NodeJS.ProcessEnv): Checked {
  const { own, rest } = split(given);
  const filled = withEnvironment(provider.config, own, environment);
  const checked = checkProperties(provider.config, decodeConfig(provider.config, filled));
  const failures: readonly CheckFailure[] =
    checked.failures.length > 0 ? checked.failures : (provider.checkConfig?.(withoutSecrets(checked.inputs)) ?? []);
  return { inputs: { ...rest, ...encodeConfig(checked.inputs) }, failures };
}

export function diffConfig(provider: ProviderDefinition<unknown>, old: Properties, current: Properties): Difference {
  const table = Object.fromEntries(
    Object.entries(provider.config).map(([name, property]) => [
      name,
      provider.configReplaces?.includes(name) === true ? { ...property, replaces: true as const } : property,
    ]),
  );
  const decode = (properties: Properties): Properties => decodeConfig(provider.config, split(properties).own);
  return compareInputs(decode(old), decode(current), { table, updatable: true, secretness: false });
}

/** Plain configuration for `configure`. Throws, with every reason, when it does not fit the table. */
export function readConfig(provider: ProviderDefinition<unknown>, given: Properties): Properties {
  const { inputs, failures } = checkProperties(provider.config, decodeConfig(provider.config, withoutSecrets(split(given).own)));
  if (failures.length > 0)
    throw new Error(failures.map(({ property, reason }) => `${provider.name}:config:${property}: ${reason}`).join("\n"));
  if (containsUnknown(inputs)) throw new Error(`the configuration of the ${provider.name} provider is not known yet`);
  return withoutSecrets(inputs);
}

function split(given: Properties): { own: Properties; rest: Properties } {
  const isOwn = ([name]: [string, Value]): boolean => !ofTheEngine.has(name) && !name.startsWith("__");
  const entries = Object.entries(given);
  return { own: Object.fromEntries(entries.filter(isOwn)), rest: Object.fromEntries(entries.filter((entry) => !isOwn(entry))) };
}

function withEnvironment(table: PropertyTable, given: Properties, environment: NodeJS.ProcessEnv): Properties {
  const filled: Record<string, Value> = { ...given };
  for (const [name, property] of Object.entries(table)) {
    if ((given[name] ?? null) !== null) continue;
    const found = property.environment?.map((variable) => environment[variable]).find((value) => value !== undefined && value !== "");
    if (found !== undefined) filled[name] = found;
  }
  return filled;
}

/** SDKs and `pulumi config` hand over everything that is not a string as JSON text. */
function decodeConfig(table: PropertyTable, given: Properties): Properties {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, decodeValue(table[name], value)]));
}

function decodeValue(property: Property | undefined, value: Value): Value {
  if (value instanceof Secret) return new Secret(decodeValue(property, value.value));
  if (property === undefined || property.type === "string" || typeof value !== "string") return value;
  try {
    return reviveMarks(JSON.parse(value) as Value);
  } catch {
    return value; // Not JSON: the check that follows says what was expected.
  }
}

/** Secrets inside JSON text carry the SDK's own mark as an ordinary object. */
function reviveMarks(value: Value): Value {
  if (Array.isArray(value)) return value.map(reviveMarks);
  if (!isObject(value)) return value;
  if (value[signatureName] === signatures.secret) return new Secret(reviveMarks(value["value"] ?? null));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, reviveMarks(item)]));
}

/** Back to the form in which the engine had it, or the next run would see a difference. */
function encodeConfig(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, encodeValue(value)]));
}

function encodeValue(value: Value): Value {
  if (value instanceof Unknown || typeof value === "string") return value;
  if (value instanceof Secret) return new Secret(encodeValue(value.value));
  return JSON.stringify(withoutSecrets(value));
}
