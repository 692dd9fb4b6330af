import { createHash } from "node:crypto";

/** What a container of an image starts with, in the words of Docker's image specification (v1.3). */
export interface ImageConfig {
  /** Shown by `docker image inspect`: one line for people. */
  readonly description: string;
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  /** Such as `8080/tcp`. */
  readonly ports?: readonly string[];
  /** Paths that must be volumes. */
  readonly volumes?: readonly string[];
  readonly stopSignal?: "SIGTERM" | "SIGINT";
  readonly health: HealthCheck;
}

/** `docker compose up --wait` fails on a service without a health check, so every image has one. */
export interface HealthCheck {
  /** Program and arguments, run inside the container without a shell. */
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Failures in this time after the start do not count, and checks run every `startIntervalSeconds`. */
  readonly startPeriodSeconds: number;
  readonly startIntervalSeconds: number;
}

export interface LayerReference {
  readonly title: string;
  readonly digest: string;
  readonly diffId: string;
  readonly size: number;
}

export interface ImageIdentity {
  /** `truealpha/api`. */
  readonly repository: string;
  readonly tag: string;
  readonly epochSeconds: number;
  /** Debian's and Docker's name of the processor. */
  readonly architecture: "amd64";
}

/** The two documents that make an image, and the digest under which a registry knows it. */
export interface ImageDocuments {
  readonly config: string;
  readonly manifest: string;
  /** Digest of the manifest. */
  readonly digest: string;
  readonly configDigest: string;
}

/**
 * Docker's media types rather than OCI's: health checks are Docker's extension, and Pulumi's registry look-up asks for these first.
 * @see https://github.com/moby/docker-image-spec/blob/main/spec.md
 */
const mediaTypes = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** Manifest and configuration of an image. Pure: the same arguments give the same digest. */
export function imageDocuments(identity: ImageIdentity, config: ImageConfig, layers: readonly LayerReference[]): ImageDocuments {
  const created = new Date(identity.epochSeconds * 1000).toISOString();
  const configText = JSON.stringify({
    architecture: identity.architecture,
    os: "linux",
    created,
    config: containerConfig(identity, config),
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created, created_by: `terrace sandbox/images: ${layer.title}` })),
  });
  const configDigest = sha256(configText);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, size: Buffer.byteLength(configText), digest: configDigest },
    layers: layers.map((layer) => ({ mediaType: mediaTypes.layer, size: layer.size, digest: layer.digest })),
  });
  return { config: configText, manifest, digest: sha256(manifest), configDigest };
}

/** The single-image index of an OCI layout. */
export function layoutIndex(documents: ImageDocuments): string {
  const descriptor = { mediaType: mediaTypes.manifest, size: Buffer.byteLength(documents.manifest), digest: documents.digest };
  return JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [descriptor] });
}

function containerConfig(identity: ImageIdentity, config: ImageConfig): Record<string, unknown> {
  return {
    ...(config.user === undefined ? {} : { User: config.user }),
    ...(config.ports === undefined ? {} : { ExposedPorts: emptyObjects(config.ports) }),
    Env: Object.entries({ PATH: defaultPath, ...config.environment }).map(([name, value]) => `${name}=${value}`),
    Entrypoint: config.entrypoint,
    ...(config.command === undefined ? {} : { Cmd: config.command }),
    Healthcheck: {
      Test: ["CMD", ...config.health.command],
      Interval: nanoseconds(config.health.intervalSeconds),
      Timeout: nanoseconds(config.health.timeoutSeconds),
      StartPeriod: nanoseconds(config.health.startPeriodSeconds),
      StartInterval: nanoseconds(config.health.startIntervalSeconds),
      Retries: config.health.retries,
    },
    ...(config.volumes === undefined ? {} : { Volumes: emptyObjects(config.volumes) }),
    ...(config.workingDirectory === undefined ? {} : { WorkingDir: config.workingDirectory }),
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    Labels: {
      "org.opencontainers.image.title": identity.repository,
      "org.opencontainers.image.version": identity.tag,
      "org.opencontainers.image.description": config.description,
    },
  };
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function emptyObjects(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
