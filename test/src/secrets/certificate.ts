import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly notAfter: Date;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const;

/** A self-signed certificate for these names that ends in so many days; a negative number is in the past. */
export async function certificateFor(names: readonly string[], days: number): Promise<TestCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notAfter = new Date(Date.now() + days * 86_400_000);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0] ?? ""}`,
    notBefore: new Date(notAfter.getTime() - 90 * 86_400_000),
    notAfter,
    keys,
    signingAlgorithm: { ...algorithm, hash: "SHA-256" },
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))],
  });
  const privateKey = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { certificate: certificate.toString("pem"), privateKey, notAfter };
}
