import type { DeclaredSettings, Settings } from "../settings/settings.ts";
import { faultsBetween, type Lookup } from "./between.ts";
import { type Collected, collect, placeOf } from "./collect.ts";
import { readCredentials } from "./credentials.ts";
import { infisicalStore } from "./infisical.ts";
import { foldersOf, type Requirement, requirementsOf } from "./requirement.ts";
import type { SecretSource, SecretStore } from "./source.ts";

/** Everything that a stack needs from its store, in plain: never leaves `src/secrets`. */
export interface CollectedSecrets {
  readonly requirements: readonly Requirement[];
  readonly values: Collected;
  /** Variables of the program, those that this stack can do without as `undefined`. */
  readonly lookup: Lookup;
}

/**
 * Reads what a stack needs, with one login. Throws a UserError that says why it could not, or one that names everything missing and
 * malformed.
 */
export async function collectSecrets(settings: DeclaredSettings | Settings, source: SecretSource): Promise<CollectedSecrets> {
  const requirements = requirementsOf(settings);
  const folders = await source.read(foldersOf(requirements));
  const folder = settings.secretStore.path;
  const between = (found: Collected) => faultsBetween(settings, lookupOf(found, requirements, folder), (name) => placeOf(folder, name));
  const values = collect(requirements, folders, { source: source.name, stack: settings.environment }, between);
  return { requirements, values, lookup: lookupOf(values, requirements, folder) };
}

/** The store that the settings and this process's environment name. */
export function storeOf(settings: DeclaredSettings | Settings, environment: NodeJS.ProcessEnv = process.env): SecretStore {
  const { siteUrl, environment: slug } = settings.secretStore;
  return infisicalStore(readCredentials(environment, siteUrl), slug ?? settings.environment);
}

/** A variable of the program that this stack does not need has no value, whatever the store holds. */
function lookupOf(values: Collected, requirements: readonly Requirement[], folder: string): Lookup {
  const needed = new Set(requirements.filter(({ neededBy }) => neededBy === "the program").map(({ name }) => name));
  return (name) => (needed.has(name) ? values.value(folder, name) : undefined);
}
