import { z } from "zod";
import { ComposeDocument } from "./compose.ts";
import { Fingerprint, Manifest, Owner } from "./manifest.ts";
import { AppName, EnvironmentName, InstanceName, Line, ResourceName, ServiceName, Sha256, VariableName } from "./names.ts";
import { ImageReference } from "./reference.ts";
import { SecretSet } from "./secrets.ts";
import { contractVersion } from "./version.ts";

/** Requests longer than this are not read: 4 MiB. A manifest is some ten kilobytes; what is longer is a mistake or an attack. */
export const maximumRequestBytes = 4 * 1024 * 1024;

const contract = z.literal(contractVersion);
/** Raised in settings to send the same thing again. */
const epoch = z.int().min(1).max(1_000_000);

/** An OpenSSH public key line without options: `ssh-ed25519 AAAA… comment`. */
export const PublicKey = z
  .string()
  .max(1024)
  .regex(
    /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}(?: [\x21-\x7e]{1,128})?$/,
    "must be an ed25519 public key: ssh-ed25519 AAAA… comment",
  );

export const RolloutRequest = z.strictObject({ contract, request: z.literal("rollout"), epoch, manifest: Manifest });
export type RolloutRequest = z.infer<typeof RolloutRequest>;

/** Stateful services of an instance. Same identity as the rollout, no colours: they are changed in place. */
export const DataRequest = z.strictObject({
  contract,
  request: z.literal("data"),
  epoch,
  instance: InstanceName,
  app: AppName,
  environment: EnvironmentName,
  owner: Owner,
  /** `null`: the app keeps nothing; volumes and the network may still be wanted. */
  document: ComposeDocument.nullable(),
  /** Volumes to exist, as in `compose.yaml`; the host names them `<instance>_<name>`. Never removed by us. */
  volumes: z.array(ResourceName).max(50),
  /** Variables each service gets, all by environment. */
  variables: z.record(ServiceName, z.array(VariableName)),
  secrets: Fingerprint.nullable(),
  healthTimeoutSeconds: z.int().min(1).max(3600),
});
export type DataRequest = z.infer<typeof DataRequest>;

/** What the containers of an instance see. Secret as a whole. */
export const SecretsRequest = z.strictObject({
  contract,
  request: z.literal("secrets"),
  epoch,
  instance: InstanceName,
  environment: EnvironmentName,
  owner: Owner,
  sets: z.array(SecretSet).min(1).max(2),
});
export type SecretsRequest = z.infer<typeof SecretsRequest>;

/** One or more PEM blocks, from the first line on: what stands before them, programs on a host read differently. */
export const Pem = z
  .string()
  .max(65_536)
  .regex(/^-----BEGIN [A-Z ]+-----\n/, "must be PEM");

/** What the host itself needs for an environment: registry credentials and the origin certificate. Secret as a whole. */
export const HostSecretsRequest = z.strictObject({
  contract,
  request: z.literal("host-secrets"),
  epoch,
  environment: EnvironmentName,
  registries: z
    .array(z.strictObject({ address: z.string().max(255), username: z.string().max(255), password: z.string().max(4096) }))
    .max(10),
  originCertificates: z.array(z.strictObject({ name: ResourceName, certificate: Pem, privateKey: Pem })).max(10),
});
export type HostSecretsRequest = z.infer<typeof HostSecretsRequest>;

export const PlatformRequest = z.strictObject({
  contract,
  request: z.literal("platform"),
  epoch,
  /** SHA-256 of the host program that must carry this out, so that a new program is a visible change. */
  program: Sha256,
  host: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  /** Environment whose stack owns the platform. */
  environment: EnvironmentName,
  /** One deploy user per environment that may release to this host. */
  deployers: z
    .array(z.strictObject({ environment: EnvironmentName, publicKey: PublicKey }))
    .min(1)
    .max(8),
  /** People with named keys; each gets a login and may run `terrace` by sudo. */
  operators: z.array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/), publicKeys: z.array(PublicKey).min(1) })).max(50),
  docker: z.strictObject({
    /** Size at which a container's log file is rotated. */
    logMaximumSize: z.string().regex(/^[1-9]\d*[kmg]$/),
    logMaximumFiles: z.int().min(1).max(20),
    /** Layers fetched at the same time. Docker's own default is 3. */
    concurrentDownloads: z.int().min(1).max(20),
    /** Certificate authority (PEM) by registry address, for registries whose certificate is not publicly trusted. */
    registryAuthorities: z.record(z.string().max(255), Pem),
  }),
  ingress: z.strictObject({
    kind: z.literal("own"),
    image: ImageReference,
    /** Requests from these networks may set X-Forwarded-*: those of the edge. CIDR. */
    trustedProxies: z.array(z.string().max(64)).max(100),
    /** Oldest TLS version a client may speak. */
    minimumTlsVersion: z.enum(["1.2", "1.3"]),
  }),
  /** Allows items whose change restarts what instances stand on. For one run. */
  maintenance: z.boolean(),
});
export type PlatformRequest = z.infer<typeof PlatformRequest>;

/** Verbs a person or CI asks for. On the host `terrace` takes them as arguments; over a deploy user's entry they come as JSON. */
export const StatusRequest = z.strictObject({ contract, request: z.literal("status"), instance: InstanceName.optional() });
export const HistoryRequest = z.strictObject({
  contract,
  request: z.literal("history"),
  instance: InstanceName,
  limit: z.int().min(1).max(1000),
});
export const RollbackRequest = z.strictObject({
  contract,
  request: z.literal("rollback"),
  instance: InstanceName,
  target: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("steps"), steps: z.int().min(1).max(50) }),
    z.strictObject({ kind: z.literal("release"), release: z.string().max(128) }),
  ]),
  reason: Line.min(1).max(500),
  requestedBy: Line.min(1).max(128),
});
export type StatusRequest = z.infer<typeof StatusRequest>;
export type HistoryRequest = z.infer<typeof HistoryRequest>;
export type RollbackRequest = z.infer<typeof RollbackRequest>;

export const Request = z.discriminatedUnion("request", [
  RolloutRequest,
  DataRequest,
  SecretsRequest,
  HostSecretsRequest,
  PlatformRequest,
  StatusRequest,
  HistoryRequest,
  RollbackRequest,
]);
export type Request = z.infer<typeof Request>;
export type RequestKind = Request["request"];
