/** Stands in for the AWS packages of Infisical's SDK (infisicalSdk.ts), under the names that the SDK imports. */

function refuse(): never {
  throw new Error("Infisical's login by AWS is not loaded: this program logs in by universal auth");
}

export { refuse as fromNodeProviderChain, refuse as HttpRequest, refuse as Sha256, refuse as SignatureV4 };
