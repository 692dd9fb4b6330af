import { readFile } from "node:fs/promises";
import type { Environment, Slot } from "./slot.ts";
import { writePrivateFile } from "./shared/files.ts";

/** One SSH identity: the account it logs in to and its key pair, OpenSSH's own formats. */
export interface SshIdentity {
  readonly user: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

/** What a person would copy from a provider's console after ordering a server. */
export interface ServerSeed {
  readonly hostName: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Public host keys, `<type> <base64>` without comment. */
  readonly hostKeys: { readonly ed25519: string; readonly ecdsa: string; readonly rsa: string };
}

/**
 * Everything of a slot that another part of the sandbox needs and cannot derive: made once per slot, kept over `down` and `up`, gone with
 * `reset`. Holds secrets: the file is readable by its owner only.
 */
export interface Seed {
  readonly slot: number;
  readonly domain: string;
  readonly servers: Readonly<Record<string, ServerSeed>>;
  readonly identities: { readonly platform: SshIdentity } & Readonly<Record<`deploy-${Environment}`, SshIdentity>>;
  readonly registry: { readonly host: string; readonly user: string; readonly password: string };
  /** PEM. `certificate` holds the leaf and the CA after it. */
  readonly origin: { readonly certificate: string; readonly privateKey: string };
  /** PEM of the slot's CA. */
  readonly caCertificate: string;
  readonly cloudflare: { readonly accountId: string; readonly zoneId: string; readonly tokens: Readonly<Record<Environment, string>> };
  readonly infisical: {
    readonly projectId: string;
    /** One machine identity per environment (requirement A5). */
    readonly identities: Readonly<Record<Environment, { readonly clientId: string; readonly clientSecret: string }>>;
  };
}

/** Reads the seed of a slot that has been up. Throws the error of `readFile` when there is none. */
export async function readSeed(slot: Slot): Promise<Seed> {
  return JSON.parse(await readFile(slot.seed, "utf8")) as Seed;
}

export async function writeSeed(slot: Slot, seed: Seed): Promise<void> {
  await writePrivateFile(slot.seed, `${JSON.stringify(seed, null, 2)}\n`);
}
