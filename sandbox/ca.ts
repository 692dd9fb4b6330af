import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate as NodeCertificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { demoCertificateNames, demoZone, serviceNames } from "./names.ts";
import { readIfPresent, replaceFile, writePrivateFile } from "./shared/files.ts";
import type { Slot } from "./slot.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMilliseconds = 86_400_000;
/** Browsers refuse server certificates of more than 398 days; the sandbox keeps to it. */
const leafDays = 397;
const authorityDays = 3650;
/** A certificate with less left is made again, so that a sandbox that stays up for weeks does not meet the end of one. */
const renewDays = 60;

/** A certificate and its private key, PEM; of a leaf, `certificate` holds the authority's after it. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** All certificates of a slot. */
export interface SlotCertificates {
  readonly ca: KeyedCertificate;
  readonly registry: KeyedCertificate;
  readonly infisical: KeyedCertificate;
  readonly cloudflare: KeyedCertificate;
  /** What the public sees of the demo zone. */
  readonly edge: KeyedCertificate;
  /** What the servers' ingress shows to the edge: same names, other key. */
  readonly origin: KeyedCertificate;
  /** What an origin that asks for client certificates trusts; not the same authority as above, as with Cloudflare. */
  readonly originPullCa: KeyedCertificate;
  /** What the edge shows to such an origin. */
  readonly originPull: KeyedCertificate;
}

interface LeafSettings {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly use: "server" | "client";
}

/** Reads the slot's certificates, making those that are absent, soon to end, for other names or by another authority. */
export async function slotCertificates(slot: Slot): Promise<SlotCertificates> {
  const ca = await authority(slot, "ca", `Terrace sandbox CA, slot ${slot.number}`);
  const originPullCa = await authority(slot, "origin-pull-ca", `Terrace sandbox origin pull CA, slot ${slot.number}`);
  const server = (name: string, commonName: string, names: readonly string[]): Promise<KeyedCertificate> =>
    leaf(slot, name, ca, { commonName, names, use: "server" });
  const service = (name: "registry" | "infisical" | "cloudflare"): Promise<KeyedCertificate> =>
    server(name, serviceNames[name], [serviceNames[name], slot[name].ipv4, slot[name].ipv6]);
  const edgeNames = [...demoCertificateNames, serviceNames.edge, slot.edge.ipv4, slot.edge.ipv6, slot.edgeLoopback];
  return {
    ca,
    originPullCa,
    registry: await service("registry"),
    infisical: await service("infisical"),
    cloudflare: await service("cloudflare"),
    edge: await server("edge", serviceNames.edge, edgeNames),
    origin: await server("origin", demoZone, demoCertificateNames),
    originPull: await leaf(slot, "origin-pull", originPullCa, { commonName: serviceNames.edge, names: [], use: "client" }),
  };
}

async function authority(slot: Slot, name: string, commonName: string): Promise<KeyedCertificate> {
  const present = await readPair(slot, name);
  if (present !== undefined && lastsFor(present.certificate, leafDays)) return present;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    ...validity(authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return writePair(slot, name, pem(certificate), await privateKeyPem(keys.privateKey));
}

async function leaf(slot: Slot, name: string, issuer: KeyedCertificate, settings: LeafSettings): Promise<KeyedCertificate> {
  const present = await readPair(slot, name);
  if (present !== undefined && lastsFor(present.certificate, renewDays) && fits(present.certificate, issuer, settings)) return present;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const issuerCertificate = new x509.X509Certificate(issuer.certificate);
  const serverAuth = settings.use === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [settings.commonName] }],
    issuer: issuerCertificate.subject,
    ...validity(leafDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(issuer.privateKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuerCertificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(settings.names.length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(settings.names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })))]),
    ],
  });
  return writePair(slot, name, `${pem(certificate)}${issuer.certificate}`, await privateKeyPem(keys.privateKey));
}

function fits(certificate: string, issuer: KeyedCertificate, settings: LeafSettings): boolean {
  if (!certificate.endsWith(issuer.certificate)) return false;
  const found = new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const values = found.map((name) => canonicalName(name.value));
  return values.join(" ") === settings.names.map(canonicalName).join(" ");
}

/** IPv6 has many spellings; the certificate gives back another than it was given. */
function canonicalName(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name;
}

function lastsFor(certificate: string, days: number): boolean {
  return new x509.X509Certificate(certificate).notAfter.getTime() > Date.now() + days * dayMilliseconds;
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  // One day back, for clocks of clients that run late.
  return { notBefore: new Date(Date.now() - dayMilliseconds), notAfter: new Date(Date.now() + (days - 1) * dayMilliseconds) };
}

/** 128 random bits, positive. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY").trim()}\n`;
}

async function importKey(privateKey: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(privateKey), algorithm, false, ["sign"]);
}

async function readPair(slot: Slot, name: string): Promise<KeyedCertificate | undefined> {
  const paths = pairPaths(slot, name);
  const [certificate, privateKey] = await Promise.all([readIfPresent(paths.certificate), readIfPresent(paths.privateKey)]);
  if (certificate === undefined || privateKey === undefined) return undefined;
  // Two files cannot be replaced in one step: a start that was killed between them leaves a pair that does not match.
  return new NodeCertificate(certificate).checkPrivateKey(createPrivateKey(privateKey)) ? { certificate, privateKey } : undefined;
}

async function writePair(slot: Slot, name: string, certificate: string, privateKey: string): Promise<KeyedCertificate> {
  const paths = pairPaths(slot, name);
  await writePrivateFile(paths.privateKey, privateKey);
  await replaceFile(paths.certificate, certificate);
  return { certificate, privateKey };
}

/** Where a certificate of the slot and its key are kept, for programs that want files. */
export function pairPaths(slot: Slot, name: string): { readonly certificate: string; readonly privateKey: string } {
  return { certificate: join(slot.directory, "ca", `${name}.crt`), privateKey: join(slot.directory, "ca", `${name}.key`) };
}
