import { createHash, generateKeyPairSync } from "node:crypto";
import type { Seed } from "../seed.ts";
import { environments, type Environment } from "../slot.ts";
import { normalizeValue } from "./requests.ts";
import type { InfisicalStore, Place } from "./store.ts";
import { providersFolder, sandboxVariables, type SandboxVariable, type VariableContext } from "./variables.ts";

/** What the product's template writes where `secrets generate` is to make a value. */
const generateMark = "<generate>";

export interface SeedOptions {
  /** Whether the variables that `secrets generate` makes get a value, or only its mark. @default true */
  readonly seeded?: boolean;
}

/** How many variables were touched; values are nobody's business. */
export interface SeedOutcome {
  readonly planted: number;
  readonly kept: number;
}

/**
 * Puts the 81 variables into every environment of the store. Can be repeated: what is there stays, except for what the sandbox knows better
 * (the address of a rebuilt server), and that too stays when somebody has changed it by hand since it was planted.
 */
export function seedInfisical(store: InfisicalStore, seed: Seed, options: SeedOptions = {}): Promise<SeedOutcome> {
  return store.batch(() => seedAll(store, seed, options));
}

async function seedAll(store: InfisicalStore, seed: Seed, options: SeedOptions): Promise<SeedOutcome> {
  let planted = 0;
  let kept = 0;
  for (const environment of environments) {
    await store.makeFolder({ environment, path: providersFolder }, "credentials for other people's services");
    await store.addImport({ environment, path: "/" }, { environment, path: providersFolder });
    const context = contextOf(environment, seed);
    for (const variable of sandboxVariables) {
      const changed = await plant(store, variable, context, options.seeded ?? true);
      if (changed) planted += 1;
      else kept += 1;
    }
  }
  return { planted, kept };
}

async function plant(store: InfisicalStore, variable: SandboxVariable, context: VariableContext, seeded: boolean): Promise<boolean> {
  const place: Place = { environment: context.environment, path: variable.folder };
  const present = store.secret(place, variable.name);
  const mark = `${place.environment}:${place.path}:${variable.name}`;
  if (present !== undefined && !mayReplace(variable, present.value, store.planted[mark], seeded)) return false;
  const value = variable.kind === "generated" && !seeded ? generateMark : normalizeValue(variable.value(context));
  if (present?.value === value) return false;
  store.planted[mark] = digestOf(value);
  if (present === undefined) await store.addSecret(place, variable.name, { value });
  else await store.changeSecret(present, { value });
  return true;
}

/** Random values are made once; known ones follow the sandbox unless a person has changed them. */
function mayReplace(variable: SandboxVariable, present: string, plantedDigest: string | undefined, seeded: boolean): boolean {
  if (variable.kind === "known") return digestOf(present) === plantedDigest;
  return variable.kind === "generated" && seeded && present === generateMark;
}

function contextOf(environment: Environment, seed: Seed): VariableContext {
  const { x = "", y = "", d = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  // Web push wants the public point uncompressed.
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { environment, seed, pushKeys: { publicKey: point.toString("base64url"), privateKey: d } };
}

function digestOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
