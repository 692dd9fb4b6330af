import { isIP } from "node:net";
import { z } from "zod";
import { EnvironmentName, ImageReference, PublicKey } from "../../contract/index.ts";
import { epoch } from "../shared/epoch.ts";

/**
 * Settings of Layer 1, key `platform`: what makes a bare server into one that runs releases. Applied once per host, by the one stack whose
 * mode is `own`; every other stack on that host says `reuse` and needs no key that may change the system.
 */

/** A network in CIDR notation, either family. */
const Network = z.string().superRefine((value, context) => {
  const fault = networkFault(value);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault, input: value });
});

/** What is wrong with a network in CIDR notation, or `undefined`. */
export function networkFault(value: string): string | undefined {
  const [address = "", prefix, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return 'must be a network in CIDR notation, such as "173.245.48.0/20"';
  const maximum = family === 4 ? 32 : 128;
  if (prefix === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > maximum)
    return `must end with a prefix length from /0 to /${maximum}`;
  // A forwarded address could then be claimed by anybody, and every rule that goes by the client's address would be theirs to bend.
  if (Number(prefix) === 0) return "would trust every address there is";
  return undefined;
}

export const DockerSettings = z
  .strictObject({
    logMaximumSize: z
      .string()
      .regex(/^[1-9]\d*[kmg]$/, 'must be a size such as "10m"')
      .default("10m")
      .meta({ description: "Size at which a container's log file is rotated.", unit: "bytes with k, m or g", examples: ["10m"] }),
    logMaximumFiles: z
      .int()
      .min(1)
      .max(20)
      .default(5)
      .meta({ description: "Rotated log files kept per container.", unit: "files", examples: [5] }),
    concurrentDownloads: z
      .int()
      .min(1)
      .max(20)
      .default(6)
      .meta({ description: "Image layers fetched at the same time; Docker's own default is 3.", unit: "layers", examples: [6] }),
  })
  .meta({ description: "Docker's daemon configuration. A change may restart Docker and then needs `maintenance`." });

export const IngressSettings = z
  .strictObject({
    image: z.union([z.literal("fromBuild"), ImageReference]).meta({
      description: "Image of the entry point (Traefik 3.6.14 or later), pinned by digest; `fromBuild` takes it from image-digests.json.",
      examples: [`docker.io/library/traefik:v3.6.14@sha256:${"0".repeat(64)}`],
    }),
    trustedProxies: z
      .array(Network)
      .max(100)
      .default([])
      .meta({
        description: "Networks whose requests may set X-Forwarded-For: those of the edge, and nobody else's.",
        unit: "CIDR",
        examples: [["173.245.48.0/20", "2400:cb00::/32"]],
      }),
    minimumTlsVersion: z
      .enum(["1.2", "1.3"])
      .default("1.2")
      .meta({ description: "Oldest TLS version that a client of the entry point may speak.", examples: ["1.3"] }),
  })
  .meta({ description: "The entry point of the host: one Traefik for all instances on it." });

/** Accounts that Debian has from the start (base-passwd's list, and those of the platform's packages): a server refuses their names. */
const systemAccounts: ReadonlySet<string> = new Set(
  "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody sshd messagebus".split(" "),
);

function isTaken(login: string): boolean {
  return systemAccounts.has(login) || /^(?:systemd-|deploy-|terrace)/.test(login);
}

/** Login name of a person on a host. */
export const OperatorName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be a login name: lower case letters, digits and hyphens, beginning with a letter")
  .refine((name) => !isTaken(name), "is a login of the system or of the platform; choose another login name");

export const OperatorSettings = z.strictObject({
  name: OperatorName.meta({ description: "Login name of the person on the host.", examples: ["alice"] }),
  publicKeys: z
    .array(PublicKey)
    .min(1)
    .meta({
      description: "Their public keys, ed25519.",
      examples: [["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZCBub2JvZHkncyBvd24ga2V5 alice@laptop"]],
    }),
});
export type OperatorSettings = z.infer<typeof OperatorSettings>;

export const OwnPlatformSettings = z.strictObject({
  mode: z.literal("own").meta({ description: "This stack makes and keeps the platform of its host.", examples: ["own"] }),
  epoch: epoch("the platform"),
  maintenance: z
    .boolean()
    .default(false)
    .meta({ description: "Allows changes that restart what instances stand on. Set it for one run, then take it back.", examples: [true] }),
  docker: DockerSettings.prefault({}),
  ingress: IngressSettings,
  environments: z
    .record(
      EnvironmentName,
      z.strictObject({
        publicKey: PublicKey.meta({
          description: "Public half of that environment's SSH_PRIVATE_KEY.",
          examples: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZCBub2JvZHkncyBvd24ga2V5 deploy-prod"],
        }),
      }),
    )
    .refine((others) => Object.keys(others).length < 8, "must name at most seven other environments")
    .default({})
    .meta({
      description: "Other environments that may release to this host (their stacks say `mode: reuse`). This stack's own is implied.",
    }),
  operators: z
    .array(OperatorSettings)
    .max(50)
    .default([])
    .meta({ description: "People who may run `terrace` on the host. Keys of OPERATOR_AUTHORIZED_KEYS in the secret store are added." }),
});
export type OwnPlatformSettings = z.infer<typeof OwnPlatformSettings>;

export const ReusedPlatformSettings = z
  .strictObject({
    mode: z
      .literal("reuse")
      .meta({ description: "Another stack makes the platform of this host; this one only releases to it.", examples: ["reuse"] }),
  })
  .meta({ unknownKeys: "move it to the stack whose platform.mode is own" });
export type ReusedPlatformSettings = z.infer<typeof ReusedPlatformSettings>;

export const PlatformSettings = z
  .discriminatedUnion("mode", [OwnPlatformSettings, ReusedPlatformSettings])
  .meta({ description: "Layer 1: packages, Docker, users, the host program and the entry point of the server." });
export type PlatformSettings = z.infer<typeof PlatformSettings>;
