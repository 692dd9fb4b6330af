import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP, isIPv4, isIPv6 } from "node:net";
import { Pem } from "../../contract/index.ts";
import { fault, type Fault } from "../settings/fault.ts";
import type { DeclaredSettings, Settings } from "../settings/settings.ts";
import type { ProgramVariable } from "./programVariables.ts";

/** A variable of the program, or `undefined` where it is absent or not needed. Only values that are right in themselves. */
export type Lookup = (name: ProgramVariable) => string | undefined;

/** Rules between secrets, and between secrets and settings. No message holds a value. `placeOf` says where a variable stands. */
export function* faultsBetween(
  settings: DeclaredSettings | Settings,
  secret: Lookup,
  placeOf: (name: ProgramVariable) => string,
): Iterable<Fault> {
  yield* userFaults(settings, secret("SSH_USER"), placeOf("SSH_USER"));
  yield* pemFaults(secret, placeOf);
  yield* certificateFaults(settings, secret, placeOf);
  yield* addressFaults(settings, secret("SSH_HOST"), placeOf("SSH_HOST"));
}

/** The host takes the environment from the login, so any other would be refused there. */
function* userFaults(settings: DeclaredSettings | Settings, user: string | undefined, place: string): Iterable<Fault> {
  const wanted = `deploy-${settings.environment}`;
  if (user !== undefined && user !== wanted && user !== "root")
    yield fault(place, `must be ${wanted}, the user that the platform makes for this environment`, "correct it in the secret store");
}

/** Whatever Node reads as a certificate or a key, a host takes plain PEM: no text of `openssl` before it, no line breaks of Windows. */
function* pemFaults(secret: Lookup, placeOf: (name: ProgramVariable) => string): Iterable<Fault> {
  for (const name of ["REGISTRY_AUTHORITY", "ORIGIN_CERTIFICATE", "ORIGIN_PRIVATE_KEY"] as const) {
    const value = secret(name);
    if (value !== undefined && !Pem.safeParse(value).success)
      yield fault(
        placeOf(name),
        'must begin with its line "-----BEGIN …-----", without carriage returns',
        "take out what stands before that line, and write line breaks as Unix does",
      );
  }
}

/** A certificate that does not fit is found out by every visitor at once, or by nobody until the edge verifies it. */
function* certificateFaults(
  settings: DeclaredSettings | Settings,
  secret: Lookup,
  placeOf: (name: ProgramVariable) => string,
): Iterable<Fault> {
  const [certificate, privateKey] = [secret("ORIGIN_CERTIFICATE"), secret("ORIGIN_PRIVATE_KEY")];
  if (certificate === undefined) return;
  const parsed = new X509Certificate(certificate);
  if (privateKey !== undefined && !parsed.checkPrivateKey(createPrivateKey(privateKey)))
    yield fault(
      placeOf("ORIGIN_PRIVATE_KEY"),
      "does not belong to ORIGIN_CERTIFICATE",
      "put in the key that the certificate was made with",
    );
  const hosts = new Set(Object.values(settings.apps).flatMap(({ routes }) => routes.map(({ host }) => host)));
  const uncovered = [...hosts].filter((host) => parsed.checkHost(host) === undefined).sort();
  if (uncovered.length > 0)
    yield fault(
      placeOf("ORIGIN_CERTIFICATE"),
      `does not cover ${uncovered.join(", ")}`,
      "make one that names every route's host; a wildcard covers one label only",
    );
}

/** Records without content take the host's address, which must be of their family. */
function* addressFaults(settings: DeclaredSettings | Settings, address: string | undefined, place: string): Iterable<Fault> {
  if (address === undefined) return;
  for (const { name, type, content } of settings.edge?.records ?? []) {
    if (content !== undefined || type === "CNAME" || (type === "A" ? isIPv4 : isIPv6)(address)) continue;
    const is = isIP(address) === 0 ? "a name" : type === "A" ? "an IPv6 address" : "an IPv4 address";
    yield fault(
      place,
      `is ${is}, and the ${type} record ${name} would take it`,
      `give the record its content in the stack file, or change its type`,
    );
  }
}
