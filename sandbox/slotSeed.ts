import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { SlotCertificates } from "./ca.ts";
import { demoZone, serviceNames } from "./names.ts";
import { readSeed, writeSeed, type Seed, type ServerSeed, type SshIdentity } from "./seed.ts";
import { serverHostKeys } from "./serverDisk.ts";
import { exists } from "./shared/cache.ts";
import { environments, serverPlaces, type Environment, type ServerPlace, type Slot } from "./slot.ts";
import { sshKeyPair, withoutComment } from "./sshKeys.ts";

/** Makes what is missing of the slot's seed for the servers called `names`, and writes it. What is there already stays as it is. */
export async function prepareSeed(slot: Slot, names: readonly string[], certificates: SlotCertificates): Promise<Seed> {
  const earlier = (await exists(slot.seed)) ? await readSeed(slot) : undefined;
  const servers: Record<string, ServerSeed> = {};
  for (const place of serverPlaces(slot, names)) servers[place.name] = await serverSeed(place);
  const seed: Seed = {
    slot: slot.number,
    domain: demoZone,
    servers,
    identities: {
      platform: await identity(slot, "platform", "root"),
      "deploy-staging": await identity(slot, "deploy-staging", "deploy-staging"),
      "deploy-test": await identity(slot, "deploy-test", "deploy-test"),
      "deploy-prod": await identity(slot, "deploy-prod", "deploy-prod"),
    },
    registry: earlier?.registry ?? { host: serviceNames.registry, user: "terrace", password: randomBytes(24).toString("base64url") },
    origin: certificates.origin,
    caCertificate: certificates.ca.certificate,
    cloudflare: earlier?.cloudflare ?? {
      accountId: randomBytes(16).toString("hex"),
      zoneId: randomBytes(16).toString("hex"),
      // 40 characters of this alphabet, as Cloudflare's own.
      tokens: perEnvironment(() => randomBytes(30).toString("base64url")),
    },
    infisical: earlier?.infisical ?? {
      projectId: randomUUID(),
      identities: perEnvironment(() => ({ clientId: randomUUID(), clientSecret: randomBytes(32).toString("hex") })),
    },
  };
  await writeSeed(slot, seed);
  return seed;
}

async function serverSeed(place: ServerPlace): Promise<ServerSeed> {
  const keys = await serverHostKeys(place);
  return {
    hostName: place.hostName,
    ...place.address,
    hostKeys: {
      ed25519: withoutComment(keys.ed25519.publicKey),
      ecdsa: withoutComment(keys.ecdsa.publicKey),
      rsa: withoutComment(keys.rsa.publicKey),
    },
  };
}

async function identity(slot: Slot, name: string, user: string): Promise<SshIdentity> {
  return { user, ...(await sshKeyPair(join(slot.directory, "identities", name), "ed25519", `${name}@terrace-sandbox`)) };
}

function perEnvironment<T>(make: () => T): Record<Environment, T> {
  return Object.fromEntries(environments.map((environment) => [environment, make()])) as Record<Environment, T>;
}
