import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, webcrypto } from "node:crypto";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const minute = 60_000;

/** PEM texts of an authority and of a server certificate that it signed. */
export interface TestCertificates {
  readonly authority: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** A new authority and a server certificate for the given names and addresses, or one that ended a minute ago. */
export async function testCertificates(
  names: readonly string[],
  { authority: authorityName = "one", expired = false } = {},
): Promise<TestCertificates> {
  const now = Date.now();
  const validity = { notBefore: new Date(now - 60 * minute), notAfter: new Date(now + (expired ? -1 : 60) * minute) };
  const keys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authorityKeys = await keys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=authority ${authorityName} of a test`,
    notBefore: validity.notBefore,
    notAfter: new Date(now + 60 * minute),
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  const leafKeys = await keys();
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: "02",
    subject: "CN=server of a test",
    issuer: authority.subject,
    ...validity,
    signingAlgorithm: algorithm,
    publicKey: leafKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })))],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey));
  const privateKey = createPrivateKey({ key: exported, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }).toString();
  return { authority: authority.toString("pem"), certificate: leaf.toString("pem"), privateKey };
}
