import { isIP } from "node:net";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { z } from "zod";
import { HostName, PublicKey, SecretValue } from "../../contract/index.ts";
import { OperatorName } from "../../components/platform/schema.ts";
import { sshKeyFault } from "./sshKey.ts";

const textRule = z
  .strictObject({
    kind: z.literal("text"),
    minimumLength: z
      .int()
      .min(1)
      .default(1)
      .meta({ description: "Fewest characters.", unit: "characters", examples: [16] }),
    pattern: z
      .string()
      .refine(isPattern, "must be a regular expression")
      .optional()
      .meta({ description: "Regular expression over the whole value.", examples: ["[0-9a-f]{32}"] }),
    literal: z
      .boolean()
      .default(false)
      .meta({ description: "Takes values that begin or end with a blank, or hold `${`, as they are.", examples: [true] }),
  })
  .meta({ description: "any text" });

const integerRule = z
  .strictObject({
    kind: z.literal("integer"),
    minimum: z
      .int()
      .optional()
      .meta({ description: "Smallest.", examples: [1] }),
    maximum: z
      .int()
      .optional()
      .meta({ description: "Largest.", examples: [65_535] }),
  })
  .meta({ description: "a whole number" });

const urlRule = z
  .strictObject({
    kind: z.literal("url"),
    schemes: z
      .array(z.string().regex(/^[a-z][a-z0-9+.-]*$/, "must be a scheme such as https"))
      .min(1)
      .meta({ description: "Schemes that will do.", examples: [["postgresql"]] }),
    query: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Query parameters that must be there, with their values.", examples: [{ sslmode: "require" }] }),
  })
  .meta({ description: "a URL with a host" });

const oneOfRule = z
  .strictObject({
    kind: z.literal("oneOf"),
    values: z
      .array(z.string())
      .min(1)
      .meta({ description: "The values that will do.", examples: [["on", "off"]] }),
  })
  .meta({ description: "one of a few values" });

const minimumBytes = z
  .int()
  .min(1)
  .default(1)
  .meta({ description: "Fewest bytes that it stands for.", unit: "bytes", examples: [32] });

function plainRule<Kind extends string>(kind: Kind, description: string): z.ZodObject<{ kind: z.ZodLiteral<Kind> }, z.core.$strict> {
  return z.strictObject({ kind: z.literal(kind) }).meta({ description });
}

/** How a value must look: what `validate` of a variable may say. */
export const Validation = z.discriminatedUnion("kind", [
  textRule,
  oneOfRule,
  integerRule,
  plainRule("boolean", "`true` or `false`"),
  urlRule,
  plainRule("address", "an IP address or a full domain name"),
  plainRule("email", "an e-mail address"),
  plainRule("json", "JSON"),
  z.strictObject({ kind: z.literal("hex"), minimumBytes }).meta({ description: "hexadecimal digits" }),
  z.strictObject({ kind: z.literal("base64"), minimumBytes }).meta({ description: "base64, either alphabet" }),
  plainRule("certificate", "an X.509 certificate in PEM, with its chain or without, that has not expired"),
  plainRule("privateKey", "a private key in PEM without a pass phrase"),
  plainRule("sshPrivateKey", "an ed25519 private key in OpenSSH's format without a pass phrase"),
  plainRule("sshPublicKey", "an ed25519 public key, `ssh-ed25519 AAAA…`"),
  plainRule("sshPublicKeys", "such keys, one per line, each with a login name behind it"),
]);
export type Validation = z.infer<typeof Validation>;

/**
 * What is wrong with a value, for a person, or `undefined`. Never says the value or a part of it: the text stands in logs and previews.
 */
export function valueFault(value: string, validation: Validation): string | undefined {
  if (value === "") return "is empty";
  const delivery = SecretValue.safeParse(value);
  if (!delivery.success) return delivery.error.issues[0]?.message;
  return wholeFault(value, validation) ?? kindFault(value, validation);
}

const pemKinds: readonly string[] = ["certificate", "privateKey", "sshPrivateKey", "sshPublicKeys"] satisfies Validation["kind"][];

/** Faults that come from how a value got into the store, whatever it is for. */
function wholeFault(value: string, validation: Validation): string | undefined {
  if (validation.kind === "text" && validation.literal) return undefined;
  if (value.includes("${"))
    return 'holds "${": a reference that the secret store did not expand; give the identity access to what it names, or say "literal: true" if it is meant';
  // Files of lines end with a line break by nature, and the store keeps one.
  const trimmed = pemKinds.includes(validation.kind) ? value.trimStart() : value.trim();
  if (trimmed !== value) return "begins or ends with a blank or a line break; write it again without";
  if (/^<[a-z-]+>$/.test(value)) return "is still the place holder of the template; put the value in, or run generate";
  return undefined;
}

function kindFault(value: string, validation: Validation): string | undefined {
  switch (validation.kind) {
    case "text":
      if (value.length < validation.minimumLength) return `must have at least ${validation.minimumLength} characters, has ${value.length}`;
      if (validation.pattern !== undefined && !new RegExp(`^(?:${validation.pattern})$`, "su").test(value))
        return `must match ${validation.pattern}`;
      return undefined;
    case "oneOf":
      return validation.values.includes(value) ? undefined : `must be one of ${validation.values.join(", ")}`;
    case "integer":
      return integerFault(value, validation);
    case "boolean":
      return value === "true" || value === "false" ? undefined : 'must be "true" or "false"';
    case "url":
      return urlFault(value, validation);
    case "address":
      return isIP(value) !== 0 || HostName.safeParse(value).success
        ? undefined
        : "must be an IP address or a full domain name, without scheme or port";
    case "email":
      return z.email().safeParse(value).success ? undefined : "must be an e-mail address";
    case "json":
      return succeeds(() => JSON.parse(value)) ? undefined : "must be JSON";
    case "hex":
      return bytesFault(value, /^(?:[0-9a-f]{2})+$/i, value.length / 2, validation.minimumBytes, "hexadecimal digits");
    case "base64":
      return bytesFault(value, /^[A-Za-z0-9+/_-]+={0,2}$/, Buffer.from(value, "base64").length, validation.minimumBytes, "base64");
    case "certificate":
      return certificateFault(value);
    case "privateKey":
      return succeeds(() => createPrivateKey(value)) ? undefined : "must be a private key in PEM without a pass phrase";
    case "sshPrivateKey":
      return sshKeyFault(value);
    case "sshPublicKey":
      return PublicKey.safeParse(value).success ? undefined : 'must be an ed25519 public key: "ssh-ed25519 AAAA…"';
    case "sshPublicKeys":
      return publicKeysFault(value);
  }
}

function integerFault(
  value: string,
  { minimum, maximum }: { minimum?: number | undefined; maximum?: number | undefined },
): string | undefined {
  const range = [minimum === undefined ? "" : ` from ${minimum}`, maximum === undefined ? "" : ` to ${maximum}`].join("");
  if (!/^-?\d{1,15}$/.test(value)) return `must be a whole number${range}`;
  const number = Number(value);
  return number < (minimum ?? -Infinity) || number > (maximum ?? Infinity) ? `must be a whole number${range}` : undefined;
}

function urlFault(value: string, { schemes, query }: Extract<Validation, { kind: "url" }>): string | undefined {
  const url = URL.parse(value);
  if (url === null) return `must be a URL with the scheme ${schemes.join(" or ")}`;
  if (!schemes.includes(url.protocol.slice(0, -1))) return `must have the scheme ${schemes.join(" or ")}`;
  if (url.host === "") return "must name a host";
  for (const [name, wanted] of Object.entries(query)) {
    if (url.searchParams.get(name) !== wanted) return `must carry the query parameter ${name}=${wanted}`;
  }
  return undefined;
}

function bytesFault(value: string, form: RegExp, bytes: number, minimum: number, what: string): string | undefined {
  if (!form.test(value)) return `must be ${what}`;
  return bytes < minimum ? `must hold at least ${minimum} bytes, holds ${bytes}` : undefined;
}

function certificateFault(value: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(value);
  } catch {
    return "must be a certificate in PEM";
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) return "holds a private key beside the certificate; put it into its own variable";
  return certificate.validToDate.getTime() < Date.now() ? `expired on ${certificate.validToDate.toISOString().slice(0, 10)}` : undefined;
}

/** One key per line; empty lines and lines that begin with `#` are for people. The comment is the operator's login name. */
export function publicKeyLines(value: string): readonly { readonly line: number; readonly key: string }[] {
  return value
    .split("\n")
    .map((text, index) => ({ line: index + 1, key: text.trim() }))
    .filter(({ key }) => key !== "" && !key.startsWith("#"));
}

function publicKeysFault(value: string): string | undefined {
  for (const { line, key } of publicKeyLines(value)) {
    if (!PublicKey.safeParse(key).success || key.split(" ").length !== 3) return `line ${line} must be "ssh-ed25519 AAAA… <login name>"`;
    const name = OperatorName.safeParse(loginOf(key));
    if (!name.success) return `line ${line}: the name ${name.error.issues[0]?.message ?? "is no login name"}`;
  }
  return undefined;
}

/** The comment of an operator's key. */
export function loginOf(key: string): string {
  return key.slice(key.lastIndexOf(" ") + 1);
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function isPattern(text: string): boolean {
  return succeeds(() => new RegExp(text, "su"));
}
