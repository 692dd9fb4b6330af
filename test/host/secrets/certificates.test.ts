import assert from "node:assert/strict";
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { parse } from "yaml";
import { systemClock } from "../../../host/clock.ts";
import { Failure } from "../../../host/ending.ts";
import { hostPaths } from "../../../host/paths.ts";
import { certificateFault, certificateWarning, placeCertificates } from "../../../host/secrets/certificates.ts";
import type { OriginCertificate } from "../../../host/secrets/certificates.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;
const now = new Date();

async function certificate(name: string, days: number): Promise<OriginCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}.example.com`,
    notBefore: new Date(now.getTime() - 100 * day),
    notAfter: new Date(now.getTime() + days * day + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
  });
  const privateKey = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { name, certificate: `${made.toString("pem")}\n`, privateKey: `${privateKey}\n` };
}

describe("origin certificates", () => {
  let origin: OriginCertificate;
  let other: OriginCertificate;
  let root: string;
  before(async () => {
    origin = await certificate("origin", 90);
    other = await certificate("origin", 90);
  });
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "terrace-certificates-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  const place = (...certificates: OriginCertificate[]) =>
    placeCertificates({ paths: hostPaths(root), clock: systemClock }, "staging", certificates);
  const folder = (): string => hostPaths(root).ingressCertificates + "/staging";
  const named = (): { certFile: string; keyFile: string }[] =>
    (
      parse(readFileSync(join(hostPaths(root).ingressDynamic, "certificates-staging.yml"), "utf8")) as {
        tls: { certificates: { certFile: string; keyFile: string }[] };
      }
    ).tls.certificates;

  it("are judged before they are placed, without a word of the key", async () => {
    const broken = "-----BEGIN PRIVATE KEY-----\nsecret-bytes\n-----END PRIVATE KEY-----\n";
    const faults = [
      certificateFault(origin, now),
      certificateFault({ ...origin, privateKey: other.privateKey }, now),
      certificateFault({ ...origin, privateKey: broken }, now),
      certificateFault({ ...origin, certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }, now),
      certificateFault(await certificate("old", -1), now)?.replace(/\d{4}-.*/, "…"),
    ];
    assert.deepEqual(faults, [
      undefined,
      "originCertificates.origin: the private key belongs to another certificate",
      "originCertificates.origin: the private key cannot be read",
      "originCertificates.origin: the certificate cannot be read",
      "originCertificates.old: the certificate ended on …",
    ]);
  });

  it("are warned of three weeks before they end", async () => {
    assert.equal(certificateWarning(await certificate("a", 21), now), undefined);
    assert.match(certificateWarning(await certificate("a", 20), now) ?? "", /^the origin certificate "a" ends in 20 days, on \d{4}/);
  });

  it("lie where Traefik finds them, keys for root alone", async () => {
    assert.equal(await place(origin), "changed");
    const files = readdirSync(folder()).sort();
    assert.equal(files.length, 2);
    for (const file of files) assert.equal(statSync(join(folder(), file)).mode & 0o777, 0o600);
    const [entry] = named();
    assert.deepEqual(entry, {
      certFile: `/etc/traefik/certificates/staging/${files[0] ?? ""}`,
      keyFile: `/etc/traefik/certificates/staging/${files[1] ?? ""}`,
    });
    assert.equal(readFileSync(join(folder(), files[1] ?? ""), "utf8"), origin.privateKey);
    assert.equal(await place(origin), "unchanged");
  });

  it("get a new name when they change, since Traefik looks at names only, and the old pair goes", async () => {
    await place(origin);
    const before = readdirSync(folder());
    assert.equal(await place(other), "changed");
    const after = readdirSync(folder());
    assert.equal(after.length, 2);
    assert.ok(after.every((file) => !before.includes(file)));
    assert.equal(named().length, 1);
  });

  it("go when none is given any more", async () => {
    await place(origin);
    assert.equal(await place(), "changed");
    assert.deepEqual(readdirSync(folder()), []);
    assert.deepEqual(readdirSync(hostPaths(root).ingressDynamic), []);
    assert.equal(await place(), "unchanged");
  });

  it("that are wrong leave everything as it was", async () => {
    await place(origin);
    const before = readdirSync(folder());
    await assert.rejects(
      place(other, { ...origin, name: "second", privateKey: other.privateKey }),
      (error: unknown) => error instanceof Failure && error.outcome === "invalid" && error.code === "malformed_request",
    );
    assert.deepEqual(readdirSync(folder()), before);
  });
});
