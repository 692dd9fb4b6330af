import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
  type X509Certificate,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;

/** A certificate and its key, PEM. */
export interface Pair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An authority for one test run, independent of the sandbox's own. */
export class TestAuthority {
  readonly certificate: string;
  private readonly root: X509Certificate;
  private readonly keys: webcrypto.CryptoKeyPair;

  private constructor(root: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.root = root;
    this.keys = keys;
    this.certificate = root.toString("pem");
  }

  static async create(name = "Test CA"): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const root = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + 30 * day),
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    });
    return new TestAuthority(root, keys);
  }

  /** Signs a certificate for DNS names and IP addresses; `expired` makes one whose time is over. */
  async issue(names: readonly string[], options: { readonly expired?: boolean; readonly client?: boolean } = {}): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create({
      subject: `CN=${names[0] ?? "nobody"}`,
      issuer: this.root.subject,
      notBefore: new Date(Date.now() - 2 * day),
      notAfter: new Date(Date.now() + (options.expired === true ? -day : 20 * day)),
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ("ip" as const) : ("dns" as const), value })),
        ),
        new ExtendedKeyUsageExtension([options.client === true ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1"]),
      ],
    });
    const privateKey = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    return { certificate: certificate.toString("pem"), privateKey };
  }
}
