import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Fingerprint, SecretSet, canonicalJson } from "../../contract/index.ts";
import type { Context, SecretPart, SecretStore } from "../context.ts";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import { recordFile } from "../state/record.ts";
import { seal, unseal } from "./seal.ts";
import type { Unsealed } from "./seal.ts";

export type SecretsWorld = Pick<Context, "paths" | "execute">;

/** Which set came last, per part. Not secret: a fingerprint is public. */
const latestFile = recordFile(z.strictObject({ fingerprint: Fingerprint }), 0o600);

export const sealedSetPath = ({ paths }: SecretsWorld, instance: string, fingerprint: string): string =>
  join(paths.sealedSecrets, instance, fingerprint);

const latestPath = ({ paths }: SecretsWorld, instance: string, part: SecretPart): string =>
  join(paths.sealedSecrets, instance, `latest-${part}.json`);

/** Bound into the sealed text, so that one set's file cannot stand in for another's. */
const sealedName = (instance: string, fingerprint: string): string => `terrace-${instance}-${fingerprint}`;

/** Secret sets of instances, sealed below `/var/lib/terrace/secrets/<instance>/`, each under its fingerprint. */
export function secretStore(world: SecretsWorld): SecretStore {
  return {
    open: async (instance, fingerprint) => (await readSet(world, instance, fingerprint)).variables,
    latest: async (instance, part) => (await latestFile.read(latestPath(world, instance, part)))?.fingerprint,
  };
}

/** Keeps a set and notes it as the latest of its part. Call it under the instance's lease. */
export async function keepSet(world: SecretsWorld, instance: string, set: SecretSet): Promise<"unchanged" | "kept"> {
  await openFolder(world, instance);
  const plain = canonicalJson(set);
  const present = await unsealSet(world, instance, set.fingerprint);
  const latest = latestPath(world, instance, set.part);
  const known = (await latestFile.read(latest))?.fingerprint === set.fingerprint;
  // The text is compared, not only the fingerprint: what cannot be unsealed, or says something else, is written again.
  const same = present?.kind === "plain" && present.text === plain;
  if (!same) {
    const sealed = await seal(world.execute, sealedName(instance, set.fingerprint), plain);
    await replaceFile(sealedSetPath(world, instance, set.fingerprint), sealed, 0o600);
  }
  if (!known) await latestFile.write(latest, { fingerprint: set.fingerprint });
  return same && known ? "unchanged" : "kept";
}

/** Throws `Failure (secrets_absent)` where the set is not here or cannot be read: either way the client must send it again. */
async function readSet(world: SecretsWorld, instance: string, fingerprint: string): Promise<SecretSet> {
  const name = `secret set ${fingerprint.slice(0, 12)} of ${instance}`;
  const found = await unsealSet(world, instance, fingerprint);
  if (found === undefined) throw new Failure("refused", "secrets_absent", `this host does not hold ${name}`);
  if (found.kind === "unreadable") throw new Failure("refused", "secrets_absent", `${name} cannot be unsealed: ${found.what}`);
  const parsed = SecretSet.safeParse(JSON.parse(found.text));
  // Without zod's words: they could quote a value.
  if (!parsed.success) throw new Failure("refused", "secrets_absent", `${name} has a form that this program does not know`);
  return parsed.data;
}

async function unsealSet(world: SecretsWorld, instance: string, fingerprint: string): Promise<Unsealed | undefined> {
  const sealed = await readIfPresent(sealedSetPath(world, instance, fingerprint));
  return sealed === undefined ? undefined : unseal(world.execute, sealedName(instance, fingerprint), sealed);
}

/** Only root may even see which sets there are. */
async function openFolder({ paths }: SecretsWorld, instance: string): Promise<void> {
  const folder = join(paths.sealedSecrets, instance);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(paths.sealedSecrets, 0o700);
}
