import type { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfPresent } from "../files.ts";
import { writtenHosts } from "../ingress/routing.ts";
import type { HostPaths } from "../paths.ts";
import { readOwner } from "../state/owner.ts";

/** A host name that the public reaches an instance of another environment by. */
export interface ForeignName {
  readonly host: string;
  readonly instance: string;
}

/**
 * Host names that instances of other environments route, from the files that Traefik reads: this also runs before there is a Traefik to
 * ask. A file without an owner record, or with one that cannot be read, is nobody's and its names are for nobody else.
 */
export async function foreignNames(paths: HostPaths, environment: string): Promise<ForeignName[]> {
  const files = (await readdir(paths.ingressDynamic)).filter((name) => name.endsWith(".yml") && !name.startsWith("."));
  const names = await Promise.all(
    files.sort().map(async (file) => {
      const instance = file.slice(0, -".yml".length);
      const owner = await readOwner(paths, instance).catch(() => undefined);
      if (owner?.owner.stack === environment) return [];
      // Gone meanwhile: that environment works at the same time.
      const text = (await readIfPresent(join(paths.ingressDynamic, file))) ?? "";
      return writtenHosts(text).map((host) => ({ host, instance }));
    }),
  );
  return names.flat();
}

/** Certificates that other environments have placed. The very same one takes nothing from them. */
export async function foreignCertificates(paths: HostPaths, environment: string): Promise<Set<string>> {
  const others = (await readdir(paths.ingressCertificates, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && entry.name !== environment,
  );
  const texts = await Promise.all(
    others.map(async ({ name }) => {
      const folder = join(paths.ingressCertificates, name);
      const files = (await readdir(folder)).filter((file) => file.endsWith(".crt"));
      return await Promise.all(files.map(async (file) => (await readIfPresent(join(folder, file))) ?? ""));
    }),
  );
  return new Set(texts.flat());
}

/**
 * Names among `foreign` that a certificate has word for word, in its subject as well: Traefik goes by both, and shows such a certificate
 * before any other one, whosever route is asked. A wildcard stands back behind those, so environments may have the same one.
 */
export function namedExactly(leaf: X509Certificate, foreign: readonly ForeignName[]): ForeignName[] {
  return foreign.filter(({ host }) => leaf.checkHost(host, { subject: "always", wildcards: false }) !== undefined);
}
