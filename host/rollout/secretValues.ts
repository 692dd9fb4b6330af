import type { Manifest } from "../../contract/index.ts";
import type { Context, SealedVariable } from "../context.ts";
import { Failure } from "../ending.ts";
import type { Order } from "./order.ts";

export interface SecretValues {
  readonly values: Readonly<Record<string, string>>;
  /** Fingerprint of the set that each value comes from. */
  readonly sources: Readonly<Record<string, string>>;
  /** Variables of a rollback that kept their latest value although the release had another; for the report. */
  readonly keptLatest: readonly string[];
}

/**
 * Values that the order's containers get. A rollback gives the release its own values again, except variables marked `onRollback: latest`:
 * credentials that somebody else may have revoked since. Throws `Failure (secrets_absent)`.
 */
export async function secretValues(order: Order, { secrets }: Pick<Context, "secrets">): Promise<SecretValues> {
  const { instance, release } = order.manifest;
  const wanted = [
    ...new Set(Object.values(release.services).flatMap((service) => [...service.secrets.env, ...service.secrets.file])),
  ].sort();
  if (release.secrets === null || wanted.length === 0) return { values: {}, sources: {}, keptLatest: [] };

  const own = await secrets.open(instance, release.secrets);
  const missing = wanted.filter((name) => !Object.hasOwn(own, name));
  if (missing.length > 0) {
    throw new Failure("refused", "secrets_absent", `the secret set of ${instance} lacks ${missing.join(", ")}`);
  }
  const latest = order.request === "rollback" ? await latestSet(instance, secrets) : { fingerprint: release.secrets, variables: {} };
  const values: Record<string, string> = {};
  const sources: Record<string, string> = {};
  const keptLatest: string[] = [];
  for (const name of wanted) {
    const variable = own[name];
    const newer = latest.variables[name];
    if (variable === undefined) continue;
    const takesLatest = variable.onRollback === "latest" && newer !== undefined;
    values[name] = takesLatest ? newer.value : variable.value;
    sources[name] = takesLatest ? latest.fingerprint : release.secrets;
    if (takesLatest && newer.value !== variable.value) keptLatest.push(name);
  }
  return { values, sources, keptLatest };
}

interface SealedSet {
  readonly fingerprint: string;
  readonly variables: Readonly<Record<string, SealedVariable>>;
}

async function latestSet(instance: string, secrets: Context["secrets"]): Promise<SealedSet> {
  const fingerprint = await secrets.latest(instance, "app");
  return fingerprint === undefined
    ? { fingerprint: "", variables: {} }
    : { fingerprint, variables: await secrets.open(instance, fingerprint) };
}

/** Only what is delivered by environment: the rest is not in the compose process's environment either. */
export function environmentSecrets(manifest: Manifest, { values }: SecretValues): Record<string, string> {
  const names = new Set(Object.values(manifest.release.services).flatMap((service) => service.secrets.env));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
