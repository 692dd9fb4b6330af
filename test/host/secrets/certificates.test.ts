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
import { writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { hostPaths } from "../../../host/paths.ts";
import { certificateFault, certificateWarning, placeCertificates } from "../../../host/secrets/certificates.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import type { OriginCertificate } from "../../../host/secrets/certificates.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;
const now = new Date();

async function certificate(name: string, days: number, hosts: readonly string[] = []): Promise<OriginCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}.example.com`,
    notBefore: new Date(now.getTime() - 100 * day),
    notAfter: new Date(now.getTime() + days * day + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions:
      hosts.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns" as const, value })))],
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
      parse(readFileSync(hostPaths(root).certificatesFile("staging"), "utf8")) as {
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

  it("never stand where an app called certificates has its routes", async () => {
    const paths = hostPaths(root);
    await writeRouterFile(paths, "certificates-staging", "http: {}\n");
    await claimInstance({ paths, clock: systemClock, actor: { user: "root", key: null } }, "certificates-staging", {
      project: "terrace",
      stack: "staging",
    });
    await place(origin);
    assert.equal(readFileSync(paths.routerFile("certificates-staging"), "utf8"), "http: {}\n");
    await place();
    assert.equal(readFileSync(paths.routerFile("certificates-staging"), "utf8"), "http: {}\n");
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

  describe("beside another environment on the same host", () => {
    const neighbour = async (stack: string, rules: readonly string[]): Promise<void> => {
      const context = { paths: hostPaths(root), clock: systemClock, actor: { user: "root", key: null } };
      await claimInstance(context, `shop-${stack}`, { project: "terrace", stack });
      const routers = rules.map((rule, index) => `    r${index}: {rule: '${rule}', service: s}`);
      await writeRouterFile(context.paths, `shop-${stack}`, `http:\n  routers:\n${routers.join("\n")}\n`);
    };
    const refusal = (name: string, hosts: readonly string[], instance: string) => ({
      outcome: "refused",
      code: "wrong_environment",
      message:
        hosts.map((host) => `originCertificates.${name}: it names ${host}, which is routed to ${instance}`).join("; ") +
        "; give staging a certificate without these names, or the very one that the other environment has",
    });

    it("may not have names that the other one routes, and each is told", async () => {
      await neighbour("prod", ["Host(`shop.example.com`)", "Host(`www.example.com`) && PathPrefix(`/a`)", "Host(`other.example.com`)"]);
      const hosts = ["WWW.example.com", "shop.example.com", "staging.example.com"];
      await assert.rejects(
        place(await certificate("mine", 90, hosts)),
        refusal("mine", ["shop.example.com", "www.example.com"], "shop-prod"),
      );
      assert.deepEqual(readdirSync(folder()), []);
    });

    it("may not have them in the subject alone, nor in a block that Traefik reads and Node does not", async () => {
      await neighbour("prod", ["Host(`origin.example.com`)"]);
      const harmless = await certificate("harmless", 90);
      await assert.rejects(place(origin), refusal("origin", ["origin.example.com"], "shop-prod"));
      const first = harmless.certificate.replaceAll(" CERTIFICATE", " X509 CERTIFICATE");
      await assert.rejects(
        place({ ...origin, certificate: first + origin.certificate }),
        refusal("origin", ["origin.example.com"], "shop-prod"),
      );
    });

    it("may not have them though the other one's file was broken by hand, or nobody owns it", async () => {
      await neighbour("prod", ["Host(`origin.example.com`)", "]] broken"]);
      await assert.rejects(place(origin), refusal("origin", ["origin.example.com"], "shop-prod"));
      await writeRouterFile(hostPaths(root), "shop-prod", undefined);
      await writeRouterFile(hostPaths(root), "by-hand", "Host(`origin.example.com`)");
      await assert.rejects(place(origin), refusal("origin", ["origin.example.com"], "by-hand"));
    });

    it("may share a wildcard, have names of its own, and have the very certificate of the other", async () => {
      await neighbour("prod", ["Host(`shop.example.com`)"]);
      await neighbour("staging", ["Host(`staging.example.com`)"]);
      assert.equal(await place(await certificate("wild", 90, ["*.example.com", "staging.example.com"])), "changed");
      const shared = await certificate("shared", 90, ["shop.example.com", "*.example.com"]);
      await placeCertificates({ paths: hostPaths(root), clock: systemClock }, "prod", [shared]);
      assert.equal(await place(shared), "changed");
    });
  });
});
