import { X509Certificate, createHash, createPrivateKey } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { HostSecretsRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { removeFile } from "../files.ts";
import { insideIngress } from "../platform/ingressConfiguration.ts";
import { fileFault, makeManagedDirectory, statIfPresent, writeManagedFile } from "../platform/managedFile.ts";
import type { ManagedFile } from "../platform/managedFile.ts";
import type { HostPaths } from "../paths.ts";
import { foreignCertificates, foreignNames, namedExactly } from "./foreignNames.ts";

export type OriginCertificate = HostSecretsRequest["originCertificates"][number];

/** A certificate with less than this left is worth a warning at each run. */
const warnDays = 21;
const dayMilliseconds = 86_400_000;

/** What is wrong with a certificate and its key, or `undefined`. Says nothing of the key's content. */
export function certificateFault({ name, certificate, privateKey }: OriginCertificate, now: Date): string | undefined {
  let leaf: X509Certificate;
  try {
    leaf = leafOf(asJudged(certificate));
  } catch {
    return `originCertificates.${name}: the certificate cannot be read`;
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(privateKey)))
      return `originCertificates.${name}: the private key belongs to another certificate`;
  } catch {
    return `originCertificates.${name}: the private key cannot be read`;
  }
  const end = endOf(leaf);
  if (end < now) return `originCertificates.${name}: the certificate ended on ${end.toISOString()}`;
  return undefined;
}

/** A sentence for people where a certificate ends soon. */
export function certificateWarning({ name, certificate }: OriginCertificate, now: Date): string | undefined {
  const end = endOf(leafOf(asJudged(certificate)));
  const days = Math.floor((end.getTime() - now.getTime()) / dayMilliseconds);
  return days < warnDays ? `the origin certificate "${name}" ends in ${days} days, on ${end.toISOString()}` : undefined;
}

/**
 * The certificates of a PEM text, each written anew. Node and Traefik do not agree on which block of an odd text is the first certificate,
 * and the one that was judged must be the one that is shown. Throws when there is none, or when one cannot be read.
 */
export function asJudged(certificate: string): string {
  const blocks = certificate.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error("no certificate");
  return blocks.map((block) => new X509Certificate(block).toString()).join("");
}

function leafOf(certificate: string): X509Certificate {
  return new X509Certificate(certificate);
}

/** From the text, `Nov 20 12:00:00 2027 GMT`: Node 20 has no `validToDate`. */
function endOf(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

export interface CertificateFiles {
  /** Certificates and keys, in the environment's own folder. */
  readonly pairs: readonly ManagedFile[];
  /** Text that tells Traefik of them; `undefined` without any. */
  readonly configuration: string | undefined;
}

/**
 * Files have a hash in their names: Traefik looks at its configuration, not at the files that this names, so a new certificate must have
 * a new name to be seen. And the old pair stays whole until the new configuration is there.
 */
export function certificateFiles(environment: string, folder: string, certificates: readonly OriginCertificate[]): CertificateFiles {
  const named = certificates.map(({ name, certificate: given, privateKey }) => {
    const certificate = asJudged(given);
    const hash = createHash("sha256").update(certificate).update("\n").update(privateKey).digest("hex");
    return { certificate, privateKey, stem: `${name}-${hash.slice(0, 16)}` };
  });
  const inside = (file: string): string => `${insideIngress.certificates}/${environment}/${file}`;
  return {
    pairs: named.flatMap(({ stem, certificate, privateKey }) => [
      { path: join(folder, `${stem}.crt`), content: certificate, mode: 0o600 },
      { path: join(folder, `${stem}.key`), content: privateKey, mode: 0o600 },
    ]),
    configuration:
      named.length === 0
        ? undefined
        : `# Written by Terrace: origin certificates of ${environment}.\n` +
          stringify({
            tls: { certificates: named.map(({ stem }) => ({ certFile: inside(`${stem}.crt`), keyFile: inside(`${stem}.key`) })) },
          }),
  };
}

/** Puts the certificates of an environment where Traefik finds them; those that are no longer given go. */
export async function placeCertificates(
  { paths, clock }: Pick<Context, "paths" | "clock">,
  environment: string,
  certificates: readonly OriginCertificate[],
): Promise<"unchanged" | "changed"> {
  const faults = certificates.flatMap((certificate) => certificateFault(certificate, clock.now()) ?? []);
  if (faults.length > 0) throw new Failure("invalid", "malformed_request", faults.join("; "));
  const folder = join(paths.ingressCertificates, environment);
  // Before the platform is applied for the first time there are none of these.
  await mkdir(paths.ingressDynamic, { recursive: true });
  await makeManagedDirectory({ path: paths.ingressCertificates, mode: 0o700 });
  await makeManagedDirectory({ path: folder, mode: 0o700 });
  await requireOwnNames(paths, environment, certificates);
  const { pairs, configuration } = certificateFiles(environment, folder, certificates);
  const file = { path: paths.certificatesFile(environment), content: configuration ?? "", mode: 0o644 };

  let changed = false;
  for (const pair of pairs) changed = (await place(pair)) || changed;
  if (configuration !== undefined) changed = (await place(file)) || changed;
  else if ((await statIfPresent(file.path)) !== undefined) {
    await removeFile(file.path);
    changed = true;
  }
  const wanted = new Set(pairs.map(({ path }) => path));
  for (const left of (await readdir(folder)).map((name) => join(folder, name)).filter((path) => !wanted.has(path))) {
    await rm(left);
    changed = true;
  }
  return changed ? "changed" : "unchanged";
}

/** Every environment's certificates go into one ingress, but a deploy user's word is for its own environment only. */
async function requireOwnNames(paths: HostPaths, environment: string, certificates: readonly OriginCertificate[]): Promise<void> {
  const foreign = await foreignNames(paths, environment);
  const known = await foreignCertificates(paths, environment);
  const faults = certificates.flatMap(({ name, certificate }) => {
    const text = asJudged(certificate);
    if (known.has(text)) return [];
    return namedExactly(leafOf(text), foreign).map(
      ({ host, instance }) => `originCertificates.${name}: it names ${host}, which is routed to ${instance}`,
    );
  });
  if (faults.length === 0) return;
  const next = `give ${environment} a certificate without these names, or the very one that the other environment has`;
  throw new Failure("refused", "wrong_environment", `${faults.join("; ")}; ${next}`);
}

async function place(file: ManagedFile): Promise<boolean> {
  if ((await fileFault(file)) === undefined) return false;
  await writeManagedFile(file);
  return true;
}
